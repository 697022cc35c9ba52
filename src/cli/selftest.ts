import type { Command } from 'commander';
import { DEFAULTS, parseConfig, type RawInputs } from '../config/inputs.js';
import { selftest } from '../flows/selftest.js';
import { renderSelftest } from '../render/terminal.js';
import { alphaOption, jsonOption, marginOption } from './options.js';
import { asJson, EXIT, print, terminal, withProgress } from './shell.js';

interface Options extends Pick<RawInputs, 'duration' | 'margin' | 'metrics' | 'alpha'> {
  json?: boolean;
}

/**
 * `selftest`: injects regressions of a known size on this machine and checks whether they are
 * caught.
 */
export function addSelftest(program: Command): void {
  program
    .command('selftest')
    .description(
      'check whether the gate can be trusted on this machine: does it catch regressions that it injects?',
    )
    .option('--duration <time>', 'how long to measure in total, such as 60s', DEFAULTS.duration)
    .option(...marginOption)
    .option(
      '--metrics <globs>',
      'which metrics, such as "syscall.*" (default: a few of each family)',
    )
    .option(...alphaOption)
    .option(...jsonOption('the result'))
    .allowExcessArguments(false)
    .action(runSelftest);
}

async function runSelftest({ json, ...options }: Options): Promise<void> {
  const config = parseConfig(options);
  const found = await withProgress((progress, signal) => selftest(config, { progress, signal }));
  await print(json ? asJson(found) : renderSelftest(found, terminal()));
  if (!found.trusted) process.exitCode = EXIT.untrusted;
}
