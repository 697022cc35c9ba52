import { type Failure, measurementFailure, usageFailure } from '../failure.js';
import { countOf } from '../text/units.js';
import { mismatchOf, pairShards } from '../verdict/shard-set.js';
import type { Shards } from '../verdict/shards.js';
import type { StoredRuns } from './stored-runs.js';

/** The records that shards left, whether they pair up or not. */
export interface ShardRecords extends StoredRuns {
  /** How many shards there should be, where they say so themselves. */
  planned?: number;
}

/** @throws Failure when there is nowhere to look */
export type FindShards = () => Promise<ShardRecords>;

/** A job matrix has no more legs than this. */
export const MAX_SHARDS = 256;

interface PairedShards {
  shards: Shards;
  /** One sentence for each record or shard that does not count. */
  skipped: string[];
  /** One sentence where shards are missing. */
  missing: string[];
}

/**
 * Pairs the records that were found: two make a shard.
 *
 * @param expected fewer shards than this give no verdict
 * @throws Failure when there are too few or too many, or they measured different things
 */
export function pairRecords(found: ShardRecords, expected = 1): PairedShards {
  const { shards, skipped: unpaired } = pairShards(found.runs);
  const skipped = [...found.skipped, ...unpaired];
  const [first, ...rest] = shards;
  if (first === undefined) throw noShard(found, skipped);
  if (shards.length > MAX_SHARDS) {
    throw usageFailure(
      `There are ${shards.length} shards in ${found.origin} and a comparison takes ${MAX_SHARDS} at most: give fewer.`,
    );
  }
  const mismatch = mismatchOf(shards);
  if (mismatch !== undefined) throw usageFailure(mismatch);
  if (shards.length < expected) throw tooFew(shards.length, expected, skipped);
  return { shards: [first, ...rest], skipped, missing: missing(found, shards.length) };
}

const noShard = ({ origin }: ShardRecords, skipped: readonly string[]): Failure =>
  measurementFailure(
    `No shard was found in ${origin}${because(skipped)}: each machine has to measure first (--shard, or the input shard: measure), and both of its records have to be here.`,
  );

const tooFew = (arrived: number, expected: number, skipped: readonly string[]): Failure =>
  measurementFailure(
    `Only ${arrived} of the ${countOf(expected, 'shard')} that are expected arrived${because(skipped)}: see what became of the jobs of the others and run them again.`,
  );

const because = ([first]: readonly string[]): string =>
  first === undefined ? '' : ` (${first.replace(/\.$/, '')})`;

/** A job that failed leaves nothing. Only the other shards can tell that it should have. */
function missing({ planned }: ShardRecords, arrived: number): string[] {
  if (planned === undefined || arrived >= planned) return [];
  return [
    `Only ${arrived} of ${countOf(planned, 'shard')} arrived, and the verdict rests on ${arrived === 1 ? 'that one' : 'those'}: see what became of the other jobs.`,
  ];
}
