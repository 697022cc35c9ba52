import { median, sum } from 'simple-statistics';
import { familyOf } from '../../families.js';
import { QUANTITIES, type Quantity } from '../../record/report.js';
import { PERSISTENT_DIFFERENCE } from '../../stats/assumptions.js';
import {
  type Fit,
  fitLevels,
  type LevelModel,
  type Levels,
  residualLoss,
  residualScale,
} from '../../stats/levels.js';
import { studentCdf } from '../../stats/student.js';
import { quantitiesOf } from '../diagnosis.js';
import { type ShiftTest, smallestP } from '../shift-test.js';
import type { History, TestedHistory } from './history.js';

/**
 * One cause that shows in many metrics at once: so many ns for every kernel entry, switch or kilobyte,
 * or a family of metrics that all changed by one ratio. Together, metrics show a change that each of
 * them alone could not.
 */
export interface Cause {
  what: Quantity | { family: string };
  /** ns for each of the quantity, or a ratio less 1. */
  size: number;
  /** Its tests, adjusted over all causes. */
  test: ShiftTest;
  fit: Fit;
}

interface Pattern {
  what: Cause['what'];
  /** The change of each metric by one unit, as a ratio. */
  units: readonly number[];
}

/** Fewer metrics are no pattern; those of a small family are judged one by one. */
const MIN_METRICS = 3;
const MIN_FAMILY = 5;

/** Half of the level goes to the likeliest cause. The others share the rest. */
const ENTRIES_WEIGHT = 0.5;

/**
 * How much larger the error of a cause is than the metrics' own noise says, before any run is left out:
 * single runs have costs of their own, and worth so many runs.
 */
const INFLATION = { factor: 2.5, worth: 4 };

/** One odd run among the stored ones must not hide the next cause. */
const MAX_ODD = 9;

/** A change must show in the fastest launches, too: this share of it. */
export const MIN_LOWEST_SHARE = 0.4;

/** If the rest of the metrics strays this much more than in stored runs, the pattern does not fit. */
export const MAX_SCALE = 2.5;

/** Unless the cause removes this share of all that the metrics stray. */
const MIN_EXPLAINED = 0.5;

/**
 * Looks for one cause.
 *
 * @param row the candidate's levels
 * @param lowest the levels of its fastest launches
 * @param level of the tests, in each direction
 * @param matters whether a change of a metric, on the log scale, reaches its margin
 * @returns the cause that fits best of those that are sure; and the nearest to sure, to measure again
 */
export function findCause(
  history: TestedHistory,
  row: Levels,
  lowest: Levels,
  level: number,
  matters: (metric: number, shift: number) => boolean,
): { called?: Cause; suspected?: Cause } {
  const tested = patternsOf(history).map((pattern, _, all) =>
    testPattern(history, row, pattern, weightOf(pattern, all)),
  );
  const worthIt = tested.filter(
    ({ fit }) => fit.shifts.filter((shift, metric) => matters(metric, shift)).length >= MIN_METRICS,
  );
  const suspected = worthIt.toSorted((a, b) => smallestP(a.test) - smallestP(b.test))[0];
  const called = worthIt
    .filter((cause) => smallestP(cause.test) <= level)
    .toSorted((a, b) => residualLoss(a.fit) - residualLoss(b.fit))
    .find(
      (cause) =>
        membersOf(cause, matters).length >= MIN_METRICS &&
        showsInLowest(history, lowest, cause) &&
        fits(history, row, cause),
    );
  return { ...(called ? { called } : {}), ...(suspected ? { suspected } : {}) };
}

/** The metrics that a cause moved beyond their margins and that moved so: at least half as far. */
export const membersOf = (
  { fit: { shifts, residuals } }: Cause,
  matters: (metric: number, shift: number) => boolean,
): number[] =>
  [...shifts.keys()].filter((metric) => {
    const shift = shifts[metric] ?? 0;
    const moved = shift + (residuals[metric] ?? Number.NaN);
    return matters(metric, shift) && moved / shift >= MIN_SHARED;
  });

/** The share of its expected change that a metric must show. */
const MIN_SHARED = 0.5;

function patternsOf({ metrics, ns }: History): Pattern[] {
  const quantities = metrics.map(quantitiesOf);
  const costs = QUANTITIES.map((what) => ({
    what,
    units: quantities.map((own, metric) => (own?.[what] ?? 0) / (ns[metric] ?? Number.NaN) || 0),
  }));
  const names = [...new Set(metrics.flatMap(({ id }) => familyOf(id) ?? []))];
  const families = names.map((family) => ({
    what: { family },
    units: metrics.map(({ id }) => (familyOf(id) === family ? 1 : 0)),
  }));
  const has =
    (least: number) =>
    ({ units }: { units: number[] }) =>
      units.filter((unit) => unit > 0).length >= least;
  return [...costs.filter(has(MIN_METRICS)), ...families.filter(has(MIN_FAMILY))];
}

const weightOf = ({ what }: Pattern, all: readonly Pattern[]): number =>
  what === 'entries' ? ENTRIES_WEIGHT : (1 - ENTRIES_WEIGHT) / Math.max(1, all.length - 1);

function testPattern(
  history: TestedHistory,
  row: Levels,
  { what, units }: Pattern,
  weight: number,
): Cause {
  const fit = fitLevels(history.model, row, units);
  const { size, shifts } = fit;
  const odd = leftOut(history, units).map((one) => (one.size / one.standardError) ** 2);
  const limit = odd.length === 0 ? 0 : MAX_ODD * (median(odd) + 1);
  const { factor, worth } = INFLATION;
  const inflation =
    (worth * factor ** 2 + sum(odd.map((one) => Math.min(one, limit)))) / (worth + odd.length);
  const error = fit.standardError * Math.sqrt(Math.max(1, inflation));
  const degreesOfFreedom = worth + Math.max(0, odd.length - 1);
  const largest = Math.max(...shifts.map(Math.abs), Number.MIN_VALUE);
  const sure = Math.max(0, 1 - PERSISTENT_DIFFERENCE / largest / 2) * (Math.abs(size) / error);
  const p = Math.min(1, studentCdf(-sure, degreesOfFreedom) / weight);
  const test = size > 0 ? { slower: p, faster: 1 } : { slower: 1, faster: p };
  return { what, size, test, fit };
}

/** Each stored run, fitted by what the others say. */
const leftOut = ({ rows, without }: TestedHistory, units: readonly number[]): Fit[] =>
  without.map((model, run) => fitLevels(model, rows[run] ?? [], units));

function showsInLowest(history: History, lowest: Levels, { size, fit }: Cause): boolean {
  const units = fit.shifts.map((shift) => Math.expm1(shift) / size);
  const model: LevelModel = { ...history.model, centres: [...history.lowest] };
  return fitLevels(model, lowest, units).size / size >= MIN_LOWEST_SHARE;
}

/** Whether what the cause leaves over is no stranger than in stored runs, or it explains most. */
function fits(history: TestedHistory, row: Levels, { fit }: Cause): boolean {
  if (residualScale(fit) <= MAX_SCALE * usualScale(history)) return true;
  return 1 - residualLoss(fit) / residualLoss(fitLevels(history.model, row)) >= MIN_EXPLAINED;
}

/** How far the metrics of a stored run stray, in units of what the model expects: at least 1. */
export const usualScale = ({ strays }: TestedHistory): number =>
  strays.length === 0 ? 1 : Math.max(1, median(strays.map(residualScale)));
