import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { DEFAULTS, parseConfig, type RawInputs } from '../config/inputs.js';
import { gate } from '../flows/gate.js';
import { keepKernel } from '../flows/keep-kernel.js';
import { type MeasuredShard, measureShard } from '../flows/shard.js';
import type { Progress } from '../progress.js';
import type { Report } from '../record/report.js';
import { renderTerminal } from '../render/terminal.js';
import { kernelsInFolder } from '../stores/kernel-folder.js';
import {
  alphaOption,
  baselineSetupOption,
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

interface Options extends Omit<RawInputs, 'keepKernel'> {
  keepKernel?: boolean;
  shard?: boolean;
  json?: boolean;
}

/** The default verb: measures, compares and judges. */
export function addGate(program: Command): void {
  program
    .option(...candidateOption)
    .option(
      '--baseline <spec>',
      'what to compare with: the same kinds, directory:PATH, file:PATH, or auto: what the newest run in the out folder measured, again beside the candidate if that can be done, else the stored runs',
      DEFAULTS.baseline,
    )
    .option(...baselineSetupOption)
    .option(...containerEngineOption)
    .option(...kernelOptionsOption)
    .option(
      '--duration <time>',
      `how long to measure, such as 30s or 2m (default: ${DEFAULTS.duration}; ${DEFAULTS.kernelDuration} for kernels)`,
    )
    .option(...marginOption)
    .option(...metricsOption)
    .option(...alphaOption)
    .option(...failOnOption)
    .option(
      '--evidence <kind>',
      'what to compare: counted (instructions of kernels, or of a host with QEMU and its kernel image), timed, both, or auto: kernels counted, plus timed if KVM can boot them; a host timed, plus counted if it can be',
      DEFAULTS.evidence,
    )
    .option(
      '--history <number>',
      'how many earlier runs to pool at most, from 1 to 100',
      DEFAULTS.history,
    )
    .option(
      '--keep-kernel',
      'keep a copy of the kernel image in the out folder, so that a later run can boot it again',
    )
    .option('--seed <number>', 'seed of the random order of metrics, to repeat a run')
    .option(...outOption)
    .option(
      '--shard',
      'measure both sides on this machine as one share of a larger comparison; "merge" gives the verdict',
    )
    .option(...jsonOption('the report'))
    .allowExcessArguments(false)
    .action(runGate);
}

async function runGate({ json, shard, keepKernel, ...options }: Options): Promise<void> {
  const config = parseConfig({ ...options, keepKernel: keepKernel ? 'true' : undefined });
  if (shard) return runShard(config, json);
  const report = await withProgress((progress, signal) => gateAndKeep(config, progress, signal));
  await print(json ? asJson(report) : renderTerminal(report, terminal()));
  if (!report.passed) process.exitCode = EXIT.regressed;
}

async function gateAndKeep(
  config: Config,
  progress: Progress,
  signal: AbortSignal,
): Promise<Report> {
  const keptKernels = kernelsInFolder(config.out);
  const { report, run } = await gate(config, { progress, signal, keptKernels });
  const problem = await keepKernel(config, run, keptKernels);
  if (problem !== undefined) progress.warn(problem);
  return report;
}

async function runShard(config: Config, json: boolean | undefined): Promise<void> {
  const measured = await withProgress((progress, signal) =>
    measureShard(config, { progress, signal }),
  );
  await print(json ? asJson(measured) : shardText(measured));
}

const shardText = ({ id, files }: MeasuredShard): string =>
  `Shard ${id} is measured; there is no verdict yet. Its two records are\n` +
  `  ${files.baseline}\n  ${files.candidate}\n` +
  `Copy both to one place with the records of the other machines, then run \`syscall-gate merge FOLDER…\` for the verdict.\n`;
