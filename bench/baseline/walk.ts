import { median, sum } from 'simple-statistics';
import type { Run } from '#src/record/run.js';
import { seededRandom } from '#src/stats/random.js';
import { clopperPearsonUpper } from '../exact-bound.ts';
import {
  type Alteration,
  addingToEntries,
  gatedTimes,
  NO_CHANGE,
  type Records,
  scaling,
} from './records.ts';
import type { Judged, Rule } from './rules.ts';

/** Against how many of the newest unchanged runs each run is judged. */
export const STORED = [3, 6, 10, 20] as const;

/** Changes of single metrics, smallest first. */
export const CHANGES = [0.03, 0.05, 0.08, 0.12, 0.2] as const;

/** A real slowdown of every call shows in many metrics: in fewer than these it is not caught. */
const MIN_METRICS = 5;
const ADDED_TO_ENTRIES = 0.08;
const METRICS_OF_A_RUN = 6;
const SEED = 2003;

interface Caught {
  runs: number;
  caught: number;
}

/** How one rule judged, with one number of stored runs. */
export interface Figures {
  rule: string;
  of: string;
  stored: number;
  unchanged: {
    runs: number;
    red: number;
    /** Clopper-Pearson, one-sided, 95 %. */
    upperBound: number;
    /** Not red, because the machine's state allowed no verdict. */
    withoutVerdict: number;
  };
  /** Real slowdowns of every system call. */
  slowed: Caught;
  /** Unchanged runs with a cost added to every kernel entry. */
  added: Caught;
  /** Single metrics, changed by a share each. */
  single: (Caught & { change: number })[];
  /** The same, only in runs that print a smallest detectable change of the metric. */
  promised: (Caught & { change: number })[];
  /** The median of those printed, over metrics and runs; null if none is. */
  mde80: number | null;
}

/** A run in its place: it is judged by what came before. */
interface Place {
  run: Run;
  /** The runs of its kind up to itself. */
  own: readonly Run[];
  /** The unchanged runs before it. */
  before: readonly Run[];
}

/** @param every single metrics are changed in every n-th unchanged run */
export function walk(records: Records, rule: Rule, stored: number, every: number): Figures {
  const { unchanged, slowed } = records;
  const places = (runs: readonly Run[]) => placesOf(runs, unchanged, rule, stored);
  const judge = ({ own, before }: Place, change: Alteration): Judged =>
    rule.judge(before.slice(-stored), own.slice(-rule.newRuns).map(change));
  const catches = (place: Place, change: Alteration): boolean =>
    judge(place, change).red.length >= MIN_METRICS;
  const quiet = places(unchanged);
  const plain = quiet.map((place) => judge(place, NO_CHANGE));
  const red = plain.filter((judged) => judged.red.length > 0).length;
  const printed = plain.flatMap(({ mde80 }) => [...mde80.values()]);
  const trials = trySingles(quiet, unchanged, every, judge);
  const slow = places(slowed);
  const count = (those: readonly Place[], change: Alteration): Caught => ({
    runs: those.length,
    caught: those.filter((place) => catches(place, change)).length,
  });
  return {
    ...{ rule: rule.name, of: rule.of, stored },
    unchanged: {
      ...{ runs: quiet.length, red, upperBound: clopperPearsonUpper(red, quiet.length) },
      withoutVerdict: plain.filter((one) => one.withoutVerdict && one.red.length === 0).length,
    },
    slowed: count(slow, NO_CHANGE),
    added: count(quiet, addingToEntries(ADDED_TO_ENTRIES)),
    single: caughtOf(trials),
    promised: caughtOf(trials.filter(({ promised }) => promised)),
    mde80: printed.length > 0 ? median(printed) : null,
  };
}

function placesOf(runs: readonly Run[], unchanged: readonly Run[], rule: Rule, stored: number) {
  return runs.flatMap((run, index): Place[] => {
    const own = runs.slice(0, index + 1);
    const first = own.at(-rule.newRuns);
    if (first === undefined) return [];
    const before = unchanged.filter(({ startedAt }) => startedAt < first.startedAt);
    return before.length < stored ? [] : [{ run, own, before }];
  });
}

/** One metric of one run, changed by more and more. */
interface Trial {
  /** Whether the run prints a smallest detectable change of it. */
  promised: boolean;
  /** Index of the smallest of {@link CHANGES} that was caught. */
  first: number;
}

/**
 * The smallest change that is caught is searched by halving: if a change of a metric is caught, larger
 * ones are taken to be caught too.
 */
function trySingles(
  places: readonly Place[],
  unchanged: readonly Run[],
  every: number,
  judge: (place: Place, change: Alteration) => Judged,
): Trial[] {
  const chosen = places.filter(({ run }) => unchanged.indexOf(run) % every === every - 1);
  return chosen.flatMap((place) => {
    const { mde80 } = judge(place, NO_CHANGE);
    return metricsOf(place.run, unchanged.indexOf(place.run)).map((id) => ({
      promised: mde80.has(id),
      first: firstOf(CHANGES.length, (index) =>
        judge(place, scaling(id, 1 + (CHANGES[index] ?? 0))).red.includes(id),
      ),
    }));
  });
}

const caughtOf = (trials: readonly Trial[]): Figures['single'] =>
  CHANGES.map((change, index) => ({
    ...{ change, runs: trials.length },
    caught: sum(trials.map(({ first }) => (first <= index ? 1 : 0))),
  }));

/** The smallest index that holds, if all above it hold; `length` if none does. */
function firstOf(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The same metrics for every rule. */
function metricsOf(run: Run, index: number): string[] {
  const random = seededRandom(SEED + index);
  const ids = [...gatedTimes(run).keys()];
  return Array.from({ length: METRICS_OF_A_RUN }, () => ids.splice(random.below(ids.length), 1))
    .flat()
    .sort();
}
