import { median } from 'simple-statistics';
import type { InstructionMetric, Instructions } from '../record/instructions.js';
import type { Run } from '../record/run.js';
import { NOT_RECORDED } from '../record/unread.js';
import {
  INSTRUCTIONS_MARGIN,
  INSTRUCTIONS_MARGIN_COUNT,
  MIN_RESOLUTION,
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
import { isLost, notComparable } from './sides.js';

/** The counts of two runs, compared metric by metric. */
export interface CountedComparison {
  baseline: Run;
  candidate: Run;
  findings: InstructionsFinding[];
}

/**
 * Compares the instruction counts of two runs. A difference larger than boot-to-boot noise is a fact:
 * it needs no p-value, interval or error level, and a noisy machine does not disturb it. The margin
 * only decides whether it matters.
 *
 * @returns undefined if one of the runs has no counts
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

/**
 * The stored run whose counts are the baseline: the newest that was counted like the candidate, on
 * whatever machine. Older ones would report changes that were merged long ago. If there is none, the
 * newest with counts, which shows what is different.
 */
export function countedBaseline(stored: readonly Run[], candidate: Run): Run | undefined {
  const counted = stored.filter(
    ({ id, instructions }) => id !== candidate.id && instructions !== undefined,
  );
  return counted.findLast((run) => haveLikeCounts(run, candidate)) ?? counted.at(-1);
}

/** Whether counts of these two runs can be compared. */
export const haveLikeCounts = (baseline: Run | undefined, candidate: Run): boolean =>
  baseline?.instructions !== undefined &&
  candidate.instructions !== undefined &&
  otherArchitecture(baseline, candidate) === undefined &&
  otherConditions(baseline.instructions, candidate.instructions) === undefined;

function otherArchitecture(baseline: Run, candidate: Run): string | undefined {
  const [before, after] = [baseline.platform.architecture, candidate.platform.architecture];
  return before === after
    ? undefined
    : `The baseline's kernel is for ${before} and the candidate's for ${after}, so their instruction counts cannot be compared: count two kernels for one architecture.`;
}

function otherConditions(before: Instructions, after: Instructions): string | undefined {
  const names = [...new Set([...Object.keys(before.conditions), ...Object.keys(after.conditions)])];
  const other = names.filter((name) => before.conditions[name] !== after.conditions[name]);
  if (other.length === 0) return undefined;
  const list = other.map(
    (name) =>
      `${name}: ${before.conditions[name] ?? NOT_RECORDED} → ${after.conditions[name] ?? NOT_RECORDED}`,
  );
  return `The two sides were counted under different conditions (${list.join(', ')}), so their instruction counts cannot be compared: count both with the same emulator and options.`;
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
  const why = notComparable(before, after, 'counted');
  if (why !== undefined || baseline.status !== 'ok' || candidate.status !== 'ok') {
    const verdict = isLost(before, after) ? 'blocked' : 'incomparable';
    return { ...finding, verdict, because: why ?? 'Nothing was counted.' };
  }
  const same = agree(baseline, candidate);
  const unstable = same ? undefined : unstableText(baseline, candidate);
  if (unstable !== undefined) return { ...finding, verdict: 'incomparable', because: unstable };
  const difference = same ? 0 : candidate.count - baseline.count;
  const resolution = same
    ? MIN_RESOLUTION
    : Math.max(baseline.resolution, candidate.resolution, spread(bootByBoot(baseline, candidate)));
  const margin = marginFor(id, baseline.count, settings);
  return {
    ...{ ...finding, difference, resolution, margin },
    ...decide(difference, resolution, margin, baseline.boots.length + candidate.boots.length),
  };
}

/** For a count that changed: what changed, function by function. */
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

/** @returns the call tree; or why there is none although a trace was asked for */
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
  const resolution = Math.max(minResolution(id, count), spread(boots));
  return { status: 'ok', count, resolution, boots };
}

const NOT_COUNTED: NotMeasured = {
  status: 'absent',
  reason: { operation: 'compare', errno: 0, message: 'the run did not count this metric' },
};

/** Differences up to this many instructions prove nothing, however well the boots agree. */
function minResolution(id: string, count: number): number {
  const [, share] = RESOLUTION_SHARES.find(([prefix]) => id.startsWith(prefix)) ?? ['', 0];
  return Math.max(MIN_RESOLUTION, share * count);
}

/**
 * The differences boot by boot. The boots of both sides have the same seeds in the same order, so an
 * effect of a seed on both sides cancels. Empty if one side booted more often than the other.
 */
const bootByBoot = (baseline: CountedSide, candidate: CountedSide): number[] =>
  baseline.boots.length === candidate.boots.length
    ? candidate.boots.map((count, boot) => count - (baseline.boots[boot] ?? 0))
    : [];

const spread = (values: readonly number[]): number =>
  values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);

/** Whether both sides count the same in every boot, however far the boots lie apart. */
function agree(baseline: CountedSide, candidate: CountedSide): boolean {
  const differences = bootByBoot(baseline, candidate);
  return differences.length > 0 && differences.every((one) => Math.abs(one) <= MIN_RESOLUTION);
}

/** Why a count is not reliable: the boots of one side disagree. */
function unstableText(...sides: CountedSide[]): string | undefined {
  const unstable = sides.find((side) => side.resolution > UNSTABLE_COUNT_SHARE * side.count);
  if (unstable === undefined) return undefined;
  const values = unstable.boots.map((boot) => formatInstructions(boot)).join(', ');
  return `Unstable: the boots of one side counted ${values}, which are more than ${formatShare(UNSTABLE_COUNT_SHARE)} apart.`;
}

/**
 * From the rule that matches the metric; without one, 1 % or a few instructions, the larger of
 * both.
 */
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
      because: `Within boot-to-boot noise (up to ${formatInstructions(resolution)} instructions), ${counted}.`,
    };
  }
  const words = `${formatInstructions(size)} ${difference > 0 ? 'more' : 'fewer'} instructions per operation, ${counted}`;
  if (size <= margin) {
    return {
      verdict: 'unchanged',
      because: `${words}; changes of up to ${formatInstructions(margin)} are listed, not flagged.`,
    };
  }
  return { verdict: difference > 0 ? 'regressed' : 'improved', because: `${words}.` };
}
