import type { PairedSide, Run } from '../record/run.js';
import { countOf } from '../text/units.js';

/** Both runs of a paired comparison that was measured on one machine and not judged there. */
export interface Shard {
  baseline: Run;
  candidate: Run;
}

interface ShardSet {
  /** Ordered by start time. */
  shards: Shard[];
  /** One sentence for each record that does not count: which, why, what to do. */
  skipped: string[];
}

type SideName = PairedSide['side'];

/** Pairs up the records of several machines by the id of their paired comparison. */
export function pairShards(records: readonly Run[]): ShardSet {
  const byPair = new Map<string, Run[]>();
  for (const run of records) {
    if (run.duet) byPair.set(run.duet.id, [...(byPair.get(run.duet.id) ?? []), run]);
  }
  const pairings = [...byPair].map(([id, runs]) => pairUp(id, runs));
  const shards = pairings.flatMap(({ shard }) => shard ?? []);
  return {
    shards: shards.toSorted((a, b) => sortKey(a).localeCompare(sortKey(b))),
    skipped: [
      ...unpaired(records.filter(({ duet }) => duet === undefined)),
      ...pairings.flatMap(({ sentence }) => sentence ?? []),
    ],
  };
}

const sortKey = ({ candidate }: Shard): string => `${candidate.startedAt} ${candidate.id}`;

function unpaired(runs: readonly Run[]): string[] {
  const [first] = runs;
  if (first === undefined) return [];
  const these = runs.length === 1 ? `Run ${first.id} is` : `${runs.length} records are`;
  return [
    `${these} not from a paired comparison and ${runs.length === 1 ? 'does' : 'do'} not count: a shard must store both of its sides, measured in turn.`,
  ];
}

interface Pairing {
  shard?: Shard;
  sentence?: string;
}

function pairUp(id: string, runs: readonly Run[]): Pairing {
  const baselines = distinct(runs, 'baseline');
  const candidates = distinct(runs, 'candidate');
  const [baseline] = baselines;
  const [candidate] = candidates;
  if (baselines.length > 1 || candidates.length > 1) {
    const side = baselines.length > 1 ? 'baseline' : 'candidate';
    const sentence = `Shard ${id} has ${countOf(Math.max(baselines.length, candidates.length), 'different run')} of its ${side} and does not count: keep only the two records that its job wrote.`;
    return { sentence };
  }
  if (baseline === undefined || candidate === undefined) {
    const side = baseline === undefined ? 'baseline' : 'candidate';
    const sentence = `Shard ${id} has no run of its ${side} and does not count: keep both records that its job wrote.`;
    return { sentence };
  }
  const shard = { baseline, candidate };
  return runs.length > 2
    ? { shard, sentence: `Shard ${id} was given more than once and counts once.` }
    : { shard };
}

/** The runs of one side. Copies of one record count as one run. */
function distinct(runs: readonly Run[], side: SideName): Run[] {
  const copies = new Map(
    runs.filter(({ duet }) => duet?.side === side).map((run) => [JSON.stringify(run), run]),
  );
  return [...copies.values()];
}

const SHORT_COMMIT = 7;

/**
 * Why these shards cannot be judged together: they measured different things.
 *
 * @returns one sentence, or undefined if they can
 */
export function mismatchOf(shards: readonly Shard[]): string | undefined {
  const sides = (name: SideName) => shards.map((shard) => shard[name].target.spec);
  const commits = shards.flatMap(({ candidate }) => candidate.source?.commit ?? []);
  return (
    differing(
      'commits',
      commits.map((commit) => commit.slice(0, SHORT_COMMIT)),
    ) ??
    differing('candidates', sides('candidate')) ??
    differing('baselines', sides('baseline'))
  );
}

function differing(what: string, values: readonly string[]): string | undefined {
  const found = [...new Set(values)];
  if (found.length < 2) return undefined;
  return `The shards measured different ${what} (${found.slice(0, 3).join(' and ')}) and cannot be judged together: give only shards of one commit and one pair of sides.`;
}
