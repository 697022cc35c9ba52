import type { Command } from 'commander';
import { DEFAULTS, parseConfig, type RawInputs } from '../config/inputs.js';
import { selftest } from '../flows/selftest.js';
import { renderSelftest } from '../render/terminal.js';
import { alphaOption, jsonOption, marginOption } from './options.js';
import { asJson, EXIT, print, terminal, withProgress } from './shell.js';

interface Options extends Pick<RawInputs, 'duration' | 'margin' | 'metrics' | 'alpha'> {
  json?: boolean;
}

/** `selftest`: regressions of a known cause on this machine, and whether they are caught. */
export function addSelftest(program: Command): void {
  program
    .command('selftest')
    .description('whether the gate can be trusted here: does it catch a regression that it injects')
    .option('--duration <time>', 'how long to measure in all, such as 60s', DEFAULTS.duration)
    .option(...marginOption)
    .option(
      '--metrics <globs>',
      'which metrics, such as "syscall.*" (default: a few of each family)',
    )
    .option(...alphaOption)
    .option(...jsonOption('what was found'))
    .allowExcessArguments(false)
    .action(runSelftest);
}

async function runSelftest({ json, ...options }: Options): Promise<void> {
  const config = parseConfig(options);
  const found = await withProgress((progress, signal) => selftest(config, { progress, signal }));
  await print(json ? asJson(found) : renderSelftest(found, terminal()));
  if (!found.trusted) process.exitCode = EXIT.untrusted;
}
