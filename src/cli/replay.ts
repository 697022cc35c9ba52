import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseAlpha, parseFailOn, parseMargins } from '../config/values.js';
import { type OtherPolicy, replay } from '../flows/replay.js';
import { showJudged } from './judged.js';
import {
  alphaOption,
  defaultAsBefore,
  failOnOption,
  jsonOption,
  marginOption,
  optionalOutOption,
} from './options.js';

interface Options {
  margin?: string;
  alpha?: string;
  failOn?: string;
  out?: string;
  json?: boolean;
}

/** `replay`: judges a stored report's records again, with its own settings or with others. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('judge the records of a stored report again; measures nothing')
    .argument('<report>', 'a report.json with its evidence, or the out folder that holds them')
    .option(...defaultAsBefore(marginOption))
    .option(...defaultAsBefore(alphaOption))
    .option(...defaultAsBefore(failOnOption))
    .option(...optionalOutOption)
    .option(...jsonOption('the report'))
    .allowExcessArguments(false)
    .action(runReplay);
}

async function runReplay(report: string, { json, out, ...options }: Options): Promise<void> {
  const kept = out === undefined ? undefined : resolve(out);
  await showJudged(await replay(report, otherPolicy(options), kept), json);
}

const otherPolicy = ({ margin, alpha, failOn }: Options): OtherPolicy => ({
  ...(margin === undefined ? {} : { margins: parseMargins(margin) }),
  ...(alpha === undefined ? {} : { alpha: parseAlpha(alpha) }),
  ...(failOn === undefined ? {} : { failOn: parseFailOn(failOn) }),
});
