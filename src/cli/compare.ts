import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseAlpha, parseFailOn, parseMargins } from '../config/values.js';
import { compareRecords } from '../flows/compare.js';
import { showJudged } from './judged.js';
import {
  alphaOption,
  failOnOption,
  jsonOption,
  marginOption,
  optionalOutOption,
} from './options.js';

interface Options {
  margin?: string;
  alpha: string;
  failOn: string;
  out?: string;
  json?: boolean;
}

/** `compare`: compares stored run records, the last one with those before it. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('compare the last of the given run records with those before it; measures nothing')
    .argument('<records...>', 'run records (*.run.json), the candidate last')
    .option(...marginOption)
    .option(...alphaOption)
    .option(...failOnOption)
    .option(...optionalOutOption)
    .option(...jsonOption('the report'))
    .action(runCompare);
}

async function runCompare(records: string[], { json, out, ...options }: Options): Promise<void> {
  const policy = {
    margins: parseMargins(options.margin ?? ''),
    alpha: parseAlpha(options.alpha),
    failOn: parseFailOn(options.failOn),
  };
  const kept = out === undefined ? undefined : resolve(out);
  await showJudged(await compareRecords(records, policy, kept), json);
}
