import type { Command } from 'commander';
import { parseConfig, type RawTargetOptions } from '../config/inputs.js';
import { measureCrossing } from '../flows/crossing.js';
import { renderCrossing } from '../render/terminal.js';
import {
  candidateOption,
  containerEngineOption,
  jsonOption,
  kernelOptionsOption,
} from './options.js';
import { asJson, print, terminal, withProgress } from './shell.js';

interface Options extends RawTargetOptions {
  candidate: string;
  duration: string;
  json?: boolean;
}

/** `crossing`: measures two blocks of the report and judges nothing. */
export function addCrossing(program: Command): void {
  program
    .command('crossing')
    .description(
      'measure only what entering the kernel costs (two system calls and a thread switch), and sending a header and a file in every way',
    )
    .option(...candidateOption)
    .option(...containerEngineOption)
    .option(...kernelOptionsOption)
    .option('--duration <time>', 'how long to measure, such as 10s', '10s')
    .option(...jsonOption('both blocks'))
    .allowExcessArguments(false)
    .action(runCrossing);
}

async function runCrossing({ json, ...options }: Options): Promise<void> {
  const config = parseConfig(options);
  const crossing = await withProgress((progress, signal) =>
    measureCrossing(config, { progress, signal }),
  );
  await print(json ? asJson(crossing) : renderCrossing(crossing, terminal()));
}
