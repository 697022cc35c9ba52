import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { DEFAULTS, parseConfig, type RawInputs } from '../config/inputs.js';
import { gate } from '../flows/gate.js';
import { type MeasuredShard, measureShard } from '../flows/shard.js';
import { renderTerminal } from '../render/terminal.js';
import {
  alphaOption,
  candidateOption,
  containerEngineOption,
  failOnOption,
  jsonOption,
  kernelOptionsOption,
  marginOption,
  metricsOption,
  outOption,
} from './options.js';
import { asJson, EXIT, print, terminal, withProgress } from './shell.js';

interface Options extends RawInputs {
  shard?: boolean;
  json?: boolean;
}

/** The verb that needs no name: measure, compare, judge. */
export function addGate(program: Command): void {
  program
    .option(...candidateOption)
    .option(
      '--baseline <spec>',
      'what it is compared with: the same kinds, directory:PATH or file:PATH (default: earlier runs in the out folder)',
    )
    .option(...containerEngineOption)
    .option(...kernelOptionsOption)
    .option(
      '--duration <time>',
      `how long to measure, such as 30s or 2m (default: ${DEFAULTS.duration}, ${DEFAULTS.kernelDuration} where a kernel is booted)`,
    )
    .option(...marginOption)
    .option(...metricsOption)
    .option(...alphaOption)
    .option(...failOnOption)
    .option(
      '--evidence <kind>',
      'of kernels: counted (instructions), timed, both, or auto: counted, and timed where KVM boots them',
      DEFAULTS.evidence,
    )
    .option(
      '--history <number>',
      'how many earlier runs are pooled at most, from 1 to 100',
      DEFAULTS.history,
    )
    .option('--seed <number>', 'seed of the metric order, to repeat a schedule')
    .option(...outOption)
    .option(
      '--shard',
      'measure this machine\'s share of a comparison that "merge" judges: both sides, no verdict',
    )
    .option(...jsonOption('the report'))
    .allowExcessArguments(false)
    .action(runGate);
}

async function runGate({ json, shard, ...options }: Options): Promise<void> {
  const config = parseConfig(options);
  if (shard) return runShard(config, json);
  const { report } = await withProgress((progress, signal) => gate(config, { progress, signal }));
  await print(json ? asJson(report) : renderTerminal(report, terminal()));
  if (!report.passed) process.exitCode = EXIT.regressed;
}

async function runShard(config: Config, json: boolean | undefined): Promise<void> {
  const measured = await withProgress((progress, signal) =>
    measureShard(config, { progress, signal }),
  );
  await print(json ? asJson(measured) : shardText(measured));
}

const shardText = ({ id, files }: MeasuredShard): string =>
  `Shard ${id} is measured and nothing is judged yet. Its two records are\n` +
  `  ${files.baseline}\n  ${files.candidate}\n` +
  `Bring both to one place with those of the other machines: \`syscall-gate merge FOLDER…\` gives the verdict.\n`;
