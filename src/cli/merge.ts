import type { Command } from 'commander';
import { parseConfig, type RawInputs } from '../config/inputs.js';
import { EXPECTED, parseCount } from '../config/values.js';
import { mergeShards } from '../flows/merge.js';
import { shardsInFolders } from '../stores/shard-folders.js';
import type { FindShards } from '../stores/shard-records.js';
import { showJudged } from './judged.js';
import { alphaOption, failOnOption, jsonOption, marginOption, outOption } from './options.js';
import { withProgress } from './shell.js';

interface Options extends Pick<RawInputs, 'margin' | 'alpha' | 'failOn' | 'out'> {
  expect?: string;
  json?: boolean;
}

/**
 * `merge`: gives the verdict over several machines from the records that each stored with --shard.
 */
export function addMerge(program: Command): void {
  program
    .command('merge')
    .argument('<folder...>', 'folders with the records of the shards')
    .description('give one verdict over several machines that each measured with --shard')
    .option(...marginOption)
    .option(...alphaOption)
    .option(...failOnOption)
    .option('--expect <number>', 'how many shards there must be (default: 1)')
    .option(...outOption)
    .option(...jsonOption('the report'))
    .action(runMerge);
}

async function runMerge(folders: string[], { json, expect, ...options }: Options): Promise<void> {
  const config = parseConfig(options);
  const expected = expect === undefined ? {} : { expect: parseCount('expect', expect, EXPECTED) };
  const { report } = await withProgress((progress, signal) => {
    const find: FindShards = async () => {
      const found = await shardsInFolders(folders)();
      signal.throwIfAborted();
      return found;
    };
    return mergeShards(find, { ...config, ...expected }, progress);
  });
  await showJudged({ report, notes: [] }, json);
}
