import { median } from 'simple-statistics';
import type { InstructionMetric, Instructions } from '../record/instructions.js';
import { absence } from '../record/metric-status.js';
import type { Run } from '../record/run.js';
import {
  INSTRUCTIONS_MARGIN,
  INSTRUCTIONS_MARGIN_COUNT,
  LEAST_RESOLUTION,
  RESOLUTION_SHARES,
  UNSTABLE_COUNT_SHARE,
} from '../stats/assumptions.js';
import { countOf, formatInstructions, formatShare } from '../text/units.js';
import { compareOperations } from '../trace/difference.js';
import { unflatten } from '../trace/flat.js';
import type { ProfileNode } from '../trace/operation.js';
import type { CountedSide, InstructionsFinding, NotMeasured } from './comparison.js';
import type { JudgingSettings } from './settings.js';
import { marginOf } from './settings.js';
import { isLost } from './sides.js';

/** What the counts of two runs say of each metric. */
export interface CountedComparison {
  baseline: Run;
  candidate: Run;
  findings: InstructionsFinding[];
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
  const findings = after.metrics.map((metric) => {
    const own = before.metrics.find(({ id }) => id === metric.id);
    const compared = compareMetric(own, metric, settings, obstacle);
    return { ...compared, ...operationOf(compared, { before, after }) };
  });
  return { baseline, candidate, findings };
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
): InstructionsFinding {
  const { id, gate } = after;
  const [baseline, candidate] = [sideOf(before), sideOf(after)];
  const finding = { measure: 'instructions', id, gate, baseline, candidate } as const;
  if (obstacle !== undefined) return { ...finding, verdict: 'incomparable', because: obstacle };
  const why = notComparable(before, after);
  if (why !== undefined || baseline.status !== 'ok' || candidate.status !== 'ok') {
    const verdict = isLost(finding) ? 'blocked' : 'incomparable';
    return { ...finding, verdict, because: why ?? 'Nothing was counted.' };
  }
  const same = agree(baseline, candidate);
  const steady = same ? undefined : unsteady(baseline, candidate);
  if (steady !== undefined) return { ...finding, verdict: 'incomparable', because: steady };
  const difference = same ? 0 : candidate.count - baseline.count;
  const resolution = same
    ? LEAST_RESOLUTION
    : Math.max(baseline.resolution, candidate.resolution, spread(bootByBoot(baseline, candidate)));
  const margin = marginFor(id, baseline.count, settings);
  return {
    ...{ ...finding, difference, resolution, margin },
    ...decide(difference, resolution, margin, baseline.boots.length + candidate.boots.length),
  };
}

/** Of what has changed, how: function by function. */
function operationOf(
  { id, difference = 0, resolution = 0 }: InstructionsFinding,
  runs: Record<'before' | 'after', Instructions>,
): Pick<InstructionsFinding, 'operation' | 'untraced'> {
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

function sideOf(metric: InstructionMetric | undefined): CountedSide | NotMeasured {
  if (metric === undefined) return NOT_COUNTED;
  if (metric.status !== 'ok') return { status: metric.status, reason: metric.reason };
  const { id, boots } = metric;
  const count = median(boots);
  const resolution = Math.max(leastResolution(id, count), spread(boots));
  return { status: 'ok', count, resolution, boots };
}

const NOT_COUNTED: NotMeasured = {
  status: 'absent',
  reason: { operation: 'compare', errno: 0, message: 'the run did not count this metric' },
};

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
function unsteady(...sides: CountedSide[]): string | undefined {
  const odd = sides.find((side) => side.resolution > UNSTABLE_COUNT_SHARE * side.count);
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
): Pick<InstructionsFinding, 'verdict' | 'because'> {
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
