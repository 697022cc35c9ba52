import type { Command } from 'commander';
import { DEFAULTS, parseConfig, type RawInputs } from '../config/inputs.js';
import { gate } from '../gate.js';
import { renderTerminal } from '../report/terminal.js';
import {
  alphaOption,
  candidateOption,
  failOnOption,
  jsonOption,
  marginOption,
  metricsOption,
  outOption,
} from './options.js';
import { asJson, EXIT, print, terminal, withProgress } from './shell.js';

interface Options extends RawInputs {
  json?: boolean;
}

/** The verb that needs no name: measure, compare, judge. */
export function addGate(program: Command): void {
  program
    .option(...candidateOption)
    .option(
      '--baseline <spec>',
      'what it is compared with: host, command:CMD, directory:PATH, file:PATH (default: earlier runs in the out folder)',
    )
    .option('--duration <time>', 'how long to measure, such as 30s or 2m', DEFAULTS.duration)
    .option(...marginOption)
    .option(...metricsOption)
    .option(...alphaOption)
    .option(...failOnOption)
    .option('--seed <number>', 'seed of the metric order, to repeat a schedule')
    .option(...outOption)
    .option(...jsonOption('the report'))
    .allowExcessArguments(false)
    .action(runGate);
}

async function runGate({ json, ...options }: Options): Promise<void> {
  const config = parseConfig(options);
  const { report } = await withProgress((progress, signal) => gate(config, { progress, signal }));
  await print(json ? asJson(report) : renderTerminal(report, terminal()));
  if (!report.passed) process.exitCode = EXIT.regressed;
}
