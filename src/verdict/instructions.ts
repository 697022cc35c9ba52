import { median } from 'simple-statistics';
import type { InstructionMetric, Instructions } from '../record/instructions.js';
import { absence } from '../record/metric-status.js';
import type { Run } from '../record/run.js';
import type { MetricVerdict } from '../record/verdict.js';
import {
  INSTRUCTIONS_MARGIN,
  INSTRUCTIONS_MARGIN_COUNT,
  LEAST_RESOLUTION,
  RESOLUTION_SHARES,
  UNSTABLE_COUNT_SHARE,
} from '../stats/assumptions.js';
import { countOf, formatInstructions, formatShare } from '../text/units.js';
import { compareOperations, type OperationDifference } from '../trace/difference.js';
import { unflatten } from '../trace/flat.js';
import type { ProfileNode } from '../trace/operation.js';
import type { JudgingSettings } from './settings.js';
import { marginOf } from './settings.js';

/** One side of a metric: its boots, and what they come to. */
export interface CountedSide {
  /** Instructions an operation: the median over the boots. */
  count: number;
  /** How far the boots lie apart, at least {@link leastResolution}. */
  resolution: number;
  boots: number[];
}

/** What the counts of both sides say of one metric. */
export interface InstructionComparison {
  id: string;
  gate: boolean;
  verdict: MetricVerdict;
  /** One sentence: what decided, or why nothing could be. */
  because: string;
  baseline?: CountedSide;
  candidate?: CountedSide;
  /** Instructions more, an operation; present where both sides can be compared. */
  difference?: number;
  /**
   * What the counts cannot tell from nothing: the largest of what the boots of either side, and the
   * differences boot by boot, lie apart.
   */
  resolution?: number;
  /** Instructions: a smaller difference is listed and alarms nobody. */
  margin?: number;
  /** What changed, function by function, where both sides were traced. */
  operation?: OperationDifference;
  /** Why they were not, one clause, where they were to be. */
  untraced?: string;
}

/** A comparison of counts, which is a matter of subtraction. */
export interface CountedComparison {
  baseline: Run;
  candidate: Run;
  metrics: InstructionComparison[];
  /** Why the counts cannot be held against each other at all, if so. */
  obstacle?: string;
}

/**
 * Holds the counts of two runs against each other. A difference beyond what either side's boots
 * differ by is a fact: there is no p-value, no interval and no error level, and no machine is too
 * loud for it. Only whether it matters is asked of a margin.
 *
 * @returns undefined where one of them has no counts
 */
export function compareInstructions(
  baseline: Run,
  candidate: Run,
  settings: JudgingSettings,
): CountedComparison | undefined {
  const [before, after] = [baseline.instructions, candidate.instructions];
  if (before === undefined || after === undefined) return undefined;
  const obstacle = otherArchitecture(baseline, candidate) ?? otherConditions(before, after);
  const metrics = after.metrics.map((metric) => {
    const own = before.metrics.find(({ id }) => id === metric.id);
    const compared = compareMetric(own, metric, settings, obstacle);
    return { ...compared, ...operationOf(compared, { before, after }) };
  });
  return { baseline, candidate, metrics, ...(obstacle === undefined ? {} : { obstacle }) };
}

function otherArchitecture(baseline: Run, candidate: Run): string | undefined {
  const [before, after] = [baseline.platform.architecture, candidate.platform.architecture];
  return before === after
    ? undefined
    : `The baseline's kernel is for ${before} and the candidate's for ${after}, and an instruction of one is none of the other, so their counts say nothing of each other: count two kernels for one architecture.`;
}

function otherConditions(before: Instructions, after: Instructions): string | undefined {
  const names = [...new Set([...Object.keys(before.conditions), ...Object.keys(after.conditions)])];
  const other = names.filter((name) => before.conditions[name] !== after.conditions[name]);
  if (other.length === 0) return undefined;
  const list = other.map(
    (name) =>
      `${name}: ${before.conditions[name] ?? 'unknown'} → ${after.conditions[name] ?? 'unknown'}`,
  );
  return `The two sides were counted under different conditions (${list.join(', ')}), so their counts say nothing of each other: count both with the same emulator and options.`;
}

function compareMetric(
  before: InstructionMetric | undefined,
  after: InstructionMetric,
  settings: JudgingSettings,
  obstacle: string | undefined,
): InstructionComparison {
  const { id, gate } = after;
  const baseline = sideOf(before);
  const candidate = sideOf(after);
  const sides = { ...(baseline ? { baseline } : {}), ...(candidate ? { candidate } : {}) };
  const same = baseline !== undefined && candidate !== undefined && agree(baseline, candidate);
  const steady = same ? undefined : unsteady(baseline, candidate);
  const why = obstacle ?? notComparable(before, after) ?? steady;
  if (why !== undefined || baseline === undefined || candidate === undefined) {
    return { id, gate, verdict: 'incomparable', because: why ?? 'Nothing was counted.', ...sides };
  }
  const difference = same ? 0 : candidate.count - baseline.count;
  const resolution = same
    ? LEAST_RESOLUTION
    : Math.max(baseline.resolution, candidate.resolution, spread(bootByBoot(baseline, candidate)));
  const margin = marginFor(id, baseline.count, settings);
  return {
    ...{ id, gate, ...sides, difference, resolution, margin },
    ...decide(difference, resolution, margin, baseline.boots.length + candidate.boots.length),
  };
}

/** Of what has changed, how: function by function. */
function operationOf(
  { id, difference = 0, resolution = 0 }: InstructionComparison,
  runs: Record<'before' | 'after', Instructions>,
): Pick<InstructionComparison, 'operation' | 'untraced'> {
  if (Math.abs(difference) <= resolution) return {};
  const [before, after] = [operationIn(runs.before, id), operationIn(runs.after, id)];
  if (Array.isArray(before) && Array.isArray(after)) {
    return { operation: compareOperations(before, after, difference) };
  }
  const why = [after, before].find((side) => typeof side === 'string');
  if (why !== undefined) return { untraced: why };
  if (before === after) return {};
  return { untraced: `the ${before ? 'candidate' : 'baseline'} was counted without a trace` };
}

/** @returns the tree, or why there is none where there was to be one */
function operationIn(instructions: Instructions, id: string): ProfileNode[] | string | undefined {
  const metric = instructions.metrics.find((one) => one.id === id);
  if (metric?.status !== 'ok') return undefined;
  return metric.traced ? unflatten(metric.traced, instructions) : metric.untraced;
}

function sideOf(metric: InstructionMetric | undefined): CountedSide | undefined {
  if (metric?.status !== 'ok') return undefined;
  const { id, boots } = metric;
  const count = median(boots);
  return { count, resolution: Math.max(leastResolution(id, count), spread(boots)), boots };
}

/** Instructions that nothing can be told from, however well the boots agree. */
function leastResolution(id: string, count: number): number {
  const [, share] = RESOLUTION_SHARES.find(([prefix]) => id.startsWith(prefix)) ?? ['', 0];
  return Math.max(LEAST_RESOLUTION, share * count);
}

function notComparable(
  before: InstructionMetric | undefined,
  after: InstructionMetric,
): string | undefined {
  if (before?.status === 'ok' && after.status === 'ok') {
    return before.version === after.version
      ? undefined
      : `The baseline counted definition ${before.version} of this metric and the candidate definition ${after.version}.`;
  }
  if (before?.status === 'ok')
    return `Counted on the baseline, but ${absence(after)} on the candidate.`;
  if (after.status === 'ok')
    return `Counted on the candidate, but ${absence(before)} on the baseline.`;
  return `On neither side: ${absence(after)} on the candidate.`;
}

/**
 * The differences boot by boot: those of both sides have the same seeds in the same order, and what
 * a seed does to both of them is no difference. None where the sides booted unequally often.
 */
const bootByBoot = (baseline: CountedSide, candidate: CountedSide): number[] =>
  baseline.boots.length === candidate.boots.length
    ? candidate.boots.map((count, boot) => count - (baseline.boots[boot] ?? 0))
    : [];

const spread = (values: readonly number[]): number =>
  values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);

/** However far the boots of a side lie apart, both sides do the same in every one of them. */
function agree(baseline: CountedSide, candidate: CountedSide): boolean {
  const differences = bootByBoot(baseline, candidate);
  return differences.length > 0 && differences.every((one) => Math.abs(one) <= LEAST_RESOLUTION);
}

/** A side whose own boots disagree is no fact. */
function unsteady(...sides: (CountedSide | undefined)[]): string | undefined {
  const odd = sides.find(
    (side) => side !== undefined && side.resolution > UNSTABLE_COUNT_SHARE * side.count,
  );
  if (odd === undefined) return undefined;
  const values = odd.boots.map((boot) => formatInstructions(boot)).join(', ');
  return `Unstable: boots of one side count ${values}, more than ${formatShare(UNSTABLE_COUNT_SHARE)} apart.`;
}

/** A rule that names the metric is taken at its word; else 1 % or a few instructions. */
function marginFor(id: string, count: number, { margins }: JudgingSettings): number {
  const ratio = marginOf({ id }, margins, Number.NaN);
  if (!Number.isNaN(ratio)) return ratio * count;
  return Math.max(INSTRUCTIONS_MARGIN * count, INSTRUCTIONS_MARGIN_COUNT);
}

function decide(
  difference: number,
  resolution: number,
  margin: number,
  boots: number,
): Pick<InstructionComparison, 'verdict' | 'because'> {
  const counted = `counted in ${countOf(boots, 'boot')}`;
  const size = Math.abs(difference);
  if (size <= resolution) {
    return {
      verdict: 'unchanged',
      because: `No difference that two boots of one side would not show (${formatInstructions(resolution)}), ${counted}.`,
    };
  }
  const words = `${formatInstructions(size)} instructions ${difference > 0 ? 'more' : 'fewer'} an operation, ${counted}`;
  if (size <= margin) {
    return {
      verdict: 'unchanged',
      because: `${words}; up to ${formatInstructions(margin)} alarm nobody.`,
    };
  }
  return { verdict: difference > 0 ? 'regressed' : 'improved', because: `${words}.` };
}
