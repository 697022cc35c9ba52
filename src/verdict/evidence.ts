import type { Design } from '../record/design.js';
import type { EarlierRuns } from '../record/earlier-runs.js';
import type { Exhibit } from '../record/exhibit.js';
import type { Run } from '../record/run.js';
import type { Comparison, MeasuredFinding } from './comparison.js';
import { type CountedComparison, compareInstructions, countedBaseline } from './instructions.js';
import { comparePaired, unconfirmedCaveats } from './paired.js';
import { describeSelf } from './self.js';
import type { JudgingSettings } from './settings.js';
import { pairShards } from './shard-set.js';
import { compareShards, type Shards } from './shards.js';
import { slowLaunchCaveats } from './slow-launches.js';
import { compareStored } from './stored.js';
import { notMeasuredCaveats } from './validity.js';

/**
 * The runs that a verdict rests on, by design. The whole report of a gate follows from these runs and
 * from the settings, now or years later.
 */
export type Evidence =
  | { design: 'paired'; baseline: Run; candidate: Run }
  | { design: 'stored'; stored: EarlierRuns; candidate: Run }
  /** The candidate is the last machine's; `skipped` also says how many machines are missing. */
  | { design: 'shards'; shards: Shards; candidate: Run; skipped: string[] }
  /** `before` and `after` are the two arms of the candidate measured against itself. */
  | { design: 'self'; before: Run; after: Run; candidate: Run; skipped: string[] };

/** Compares the candidate with its baseline: by times, and by instruction counts if there are any. */
export function compare(evidence: Evidence, settings: JudgingSettings): Comparison {
  const timed = compareTimes(evidence, settings);
  const caveats = [...timed.caveats, ...notMeasured(evidence, timed)];
  const counted = compareCounted(evidence, settings);
  if (counted === undefined) return { ...timed, caveats };
  const { findings, ...runs } = counted;
  return { ...timed, findings: [...timed.findings, ...findings], counted: runs, caveats };
}

/** The two arms of a candidate measured against itself have the same plan. */
function notMeasured(evidence: Evidence, { baseline }: Comparison): string[] {
  const last = baseline.at(-1);
  return last === undefined ? [] : notMeasuredCaveats(last, evidence.candidate);
}

/** Compares instruction counts; undefined if a side has none. */
function compareCounted(
  evidence: Evidence,
  settings: JudgingSettings,
): CountedComparison | undefined {
  const { candidate } = evidence;
  switch (evidence.design) {
    case 'paired':
      return compareInstructions(evidence.baseline, candidate, settings);
    case 'stored': {
      const last = countedBaseline(evidence.stored.runs, candidate);
      return last && compareInstructions(last, candidate, settings);
    }
    default:
      return undefined;
  }
}

function compareTimes(evidence: Evidence, settings: JudgingSettings): Comparison<MeasuredFinding> {
  switch (evidence.design) {
    case 'paired': {
      const { baseline, candidate } = evidence;
      const comparison = comparePaired(baseline, candidate, settings);
      const { findings, caveats } = comparison;
      return {
        ...comparison,
        caveats: [
          ...slowLaunchCaveats(baseline, candidate, findings, settings.alpha),
          ...caveats,
          ...unconfirmedCaveats(baseline, candidate, settings),
        ],
      };
    }
    case 'stored':
      return compareStored(evidence.stored, evidence.candidate, settings);
    case 'shards':
      return compareShards(evidence.shards, settings, evidence.skipped);
    case 'self': {
      const { before, after, candidate, skipped } = evidence;
      return describeSelf(before, after, candidate, skipped, settings);
    }
  }
}

/**
 * The runs that decided, oldest first within their role. Of stored runs these are the ones that were
 * compared; the one whose counts were may be of another machine.
 *
 * @param comparison of this evidence
 */
export function exhibitsOf(evidence: Evidence, comparison: Comparison): Exhibit[] {
  if (evidence.design !== 'stored') return partsOf(evidence);
  const compared = new Set([...comparison.baseline, comparison.counted?.baseline]);
  return partsOf(evidence).filter(({ role, run }) => role === 'candidate' || compared.has(run));
}

/** Every run of the evidence. */
function partsOf(evidence: Evidence): Exhibit[] {
  const { candidate } = evidence;
  switch (evidence.design) {
    case 'paired':
      return [as('baseline', evidence.baseline), as('candidate', candidate)];
    case 'stored':
      return [
        ...evidence.stored.runs.map((run) => as('baseline', run)),
        as('candidate', candidate),
      ];
    case 'shards': {
      const { shards } = evidence;
      return [
        ...shards.map(({ baseline }) => as('baseline', baseline)),
        ...shards.map((shard) => as('candidate', shard.candidate)),
      ];
    }
    case 'self':
      return [
        as('before', evidence.before),
        as('after', evidence.after),
        as('candidate', candidate),
      ];
  }
}

const as = (role: Exhibit['role'], run: Run): Exhibit => ({ role, run });

/** @param skipped one sentence for each record or machine that does not count */
export function shardsEvidence(shards: Shards, skipped: string[]): Evidence {
  const { candidate } = shards[shards.length - 1] ?? shards[0];
  return { design: 'shards', shards, candidate, skipped };
}

/**
 * The evidence that {@link exhibitsOf} was given.
 *
 * @param skipped one sentence for each stored run that could not be used
 * @returns undefined if a run is missing, or if there is one too many
 */
export function evidenceOf(
  design: Design,
  exhibits: readonly Exhibit[],
  skipped: string[],
): Evidence | undefined {
  if (design === 'shards') return shardsOf(exhibits, skipped);
  const inRole = (role: Exhibit['role']): Run[] =>
    exhibits.filter((exhibit) => exhibit.role === role).map(({ run }) => run);
  const [candidate, ...others] = inRole('candidate');
  if (candidate === undefined || others.length > 0) return undefined;
  const evidence = arrange(design, candidate, inRole, skipped);
  return evidence && partsOf(evidence).length === exhibits.length ? evidence : undefined;
}

/** The id of a paired comparison says which candidate belongs to which baseline. */
function shardsOf(exhibits: readonly Exhibit[], skipped: string[]): Evidence | undefined {
  const [first, ...rest] = pairShards(exhibits.map(({ run }) => run)).shards;
  const whole = exhibits.every(({ role, run }) => role === run.duet?.side);
  if (first === undefined || !whole || 2 * (rest.length + 1) !== exhibits.length) return undefined;
  return shardsEvidence([first, ...rest], skipped);
}

function arrange(
  design: Exclude<Design, 'shards'>,
  candidate: Run,
  inRole: (role: Exhibit['role']) => Run[],
  skipped: string[],
): Evidence | undefined {
  const runs = inRole('baseline');
  const [baseline] = runs;
  if (design === 'stored') return { design, stored: { runs, skipped }, candidate };
  if (design === 'paired') return baseline && { design, baseline, candidate };
  const [[before], [after]] = [inRole('before'), inRole('after')];
  return before && after && { design, before, after, candidate, skipped };
}
