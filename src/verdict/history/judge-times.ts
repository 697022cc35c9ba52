import { median, sum } from 'simple-statistics';
import { oldestFirst } from '../../record/earlier-runs.js';
import { isTimed, type Run, type TimedMetric } from '../../record/run.js';
import {
  MIN_QUIET_TO_CALL,
  PERSISTENT_DIFFERENCE,
  SCREEN_LEVEL,
  STORED_MARGIN,
  WIDTH_THRESHOLD,
} from '../../stats/assumptions.js';
import {
  type Fit,
  fitLevels,
  type Levels,
  MIN_METRICS_FOR_STATE,
  medianOf,
  residualScale,
} from '../../stats/levels.js';
import { type StudentTest, studentTest } from '../../stats/student-test.js';
import { countOf, formatNsDifference, formatRatio, formatShare } from '../../text/units.js';
import { metricOf } from '../samples.js';
import { type JudgingSettings, marginOf } from '../settings.js';
import { adjustFamily, type ShiftTest, smallestP } from '../shift-test.js';
import { comparablePair } from '../sides.js';
import { type Cause, findCause, MAX_SCALE, membersOf, usualScale } from './causes.js';
import { type History, learnHistory } from './history.js';
import { type RunLevel, type RunLevels, runLevels } from './quiet-launches.js';

/** One timed metric of a run against stored runs. */
export interface TimedAgainstHistory {
  metric: TimedMetric;
  marginRatio: number;
  /** Candidate less baseline on the log scale, without what all metrics have in common. */
  change: Pick<StudentTest, 'estimate' | 'standardError' | 'degreesOfFreedom'>;
  /** Adjusted tests that may call it; absent if its estimate does not reach the margin. */
  test?: ShiftTest;
  /** One sentence: why it may not be called, such as a state of the machine that may explain it. */
  obstacle?: string;
  /** One sentence: why it cannot be judged, whatever the tests say. */
  doubt?: string;
  /** How many stored runs its baseline rests on. */
  stored: number;
  /** Launches that count, of the stored runs and of the candidate. */
  launches: { baseline: number; candidate: number };
  /** How many metrics share the level. */
  familySize: number;
  baselineNs: number;
  /** What was compared, for the reason: "this run against 12 stored runs". */
  sample: string;
}

export interface Times {
  metrics: ReadonlyMap<string, TimedAgainstHistory>;
  familySize: number;
  /** One sentence: why nothing may be called a change. */
  obstacle?: string;
  caveats: string[];
  /** Ids of gated metrics that are called or nearly called, the surest first. */
  suspects: string[];
}

/** Half of alpha is for causes of many metrics, half for single metrics. */
const SHARE = 0.5;

/** How much larger the error of one metric is than its model says: its tails are not normal. */
const INFLATION = 1.15;

/** A run must have levels of this share of the gated metrics. */
const MIN_MEASURED = 0.5;

/** By itself a metric is not called changed against fewer stored runs: nobody knows how they differ. */
const MIN_RUNS_TO_CALL = 3;

/** A change must show in the fastest launch, too: this share of it. */
const MIN_LOWEST_SHARE = 0.4;

/** Fresh launches must show this share of what a cause did to a metric. */
const MIN_CONFIRMED_SHARE = 0.5;

/**
 * A neighbour on the core makes an operation up to this many times as long (measured: 1.3 to 1.5). A
 * larger change is the candidate's, whatever state the machine was in.
 */
const MAX_MACHINE_RATIO = 1.6;

/** All metrics together moved further than any stored run: standard errors, and beyond the margin. */
const MAX_STATE_ERRORS = 5;

/** Deviation between the states of runs that is assumed before any is known, worth so many runs. */
const STATE_PRIOR = { standardDeviation: 0.01, worth: 4 };

/**
 * Judges the times of a run by stored runs of the same machine.
 *
 * What a run differs by has three parts: what the machine does to all metrics at once; one cause, such
 * as so many ns for every kernel entry; and what is left of each metric. Causes are tested by how far
 * they stray in each stored run judged by the others, single metrics by what the other parts leave.
 *
 * @param runs stored, oldest first, of the candidate's machine
 */
export function judgeTimes(runs: readonly Run[], candidate: Run, settings: JudgingSettings): Times {
  const marginRatioOf = (metric: TimedMetric) => marginOf(metric, settings.margins, STORED_MARGIN);
  const timed = candidate.metrics.filter(isTimed);
  const gated = timed.filter(({ gate }) => gate);
  const own = runLevels(candidate);
  const fresh = runLevels(candidate, 'confirm');
  const levels = runs.toSorted(oldestFirst).map((run) => comparableLevels(run, timed));
  const isUsable = ({ levels: known }: RunLevels) =>
    gated.filter(({ id }) => known.has(id)).length >= MIN_MEASURED * gated.length;
  const usable = levels.filter(isUsable);
  const learn = (metrics: readonly TimedMetric[]) =>
    learnHistory(usable, metrics, (metric) => Math.log1p(marginRatioOf(metric)));
  const history = learn(gated);
  const judged = judgeGated({
    ...{ history, own, fresh, settings, marginRatioOf },
    widths: { own: candidate.coreWidth, stored: runs.flatMap(({ coreWidth }) => coreWidth ?? []) },
  });
  // What only informs has no part in what the machine did, nor in a cause.
  const others = timed.filter(({ gate }) => !gate);
  const informal = judgeAlone(learn(others), own, marginRatioOf);
  const few = tooFew({ own, runs, usable, isUsable, gated });
  const metrics = [...judged.metrics, ...informal].map(
    (one) => [one.metric.id, few === undefined ? one : { ...one, obstacle: few }] as const,
  );
  const obstacle = few ?? judged.obstacle;
  return {
    metrics: new Map(metrics),
    familySize: judged.familySize,
    ...(obstacle === undefined ? {} : { obstacle }),
    caveats: unusedCaveats(runs, usable),
    suspects: judged.suspects,
  };
}

interface Usable {
  own: RunLevels;
  runs: readonly Run[];
  usable: readonly RunLevels[];
  isUsable: (run: RunLevels) => boolean;
  gated: readonly TimedMetric[];
}

/** Why nothing can be called: too few launches say how fast the machine is without neighbours. */
function tooFew({ own, runs, usable, isUsable, gated }: Usable): string | undefined {
  if (gated.length === 0) return undefined;
  if (!isUsable(own)) {
    return `Only ${own.quiet} of ${countOf(own.launches, 'launch', 'launches')} met a quiet core, so nothing is called changed: measure for longer, or on a machine with fewer neighbours.`;
  }
  return usable.length === 0 && runs.length > 0
    ? `None of ${countOf(runs.length, 'stored run')} has enough launches that met a quiet core, so nothing is called changed: measure for longer.`
    : undefined;
}

/** Levels of those metrics that have the same definition in both runs. */
function comparableLevels(run: Run, timed: readonly TimedMetric[]): RunLevels {
  const { levels, ...rest } = runLevels(run);
  const known = timed.flatMap((metric): [string, RunLevel][] => {
    const level = levels.get(metric.id);
    return level && typeof comparablePair(metricOf(run, metric.id), metric) !== 'string'
      ? [[metric.id, level]]
      : [];
  });
  return { ...rest, levels: new Map(known) };
}

const unusedCaveats = (runs: readonly Run[], usable: readonly RunLevels[]): string[] => {
  const left = runs.length - usable.length;
  return left === 0 || usable.length === 0
    ? []
    : [
        `${left} of ${countOf(runs.length, 'stored run')} ${left === 1 ? 'is' : 'are'} not used, because most of their launches met a busy neighbour.`,
      ];
};

interface Judging {
  history: History;
  own: RunLevels;
  /** The candidate's levels in the launches that confirm. */
  fresh: RunLevels;
  widths: { own?: number | undefined; stored: readonly number[] };
  settings: JudgingSettings;
  marginRatioOf: (metric: TimedMetric) => number;
}

interface Gated extends Omit<Times, 'metrics' | 'caveats'> {
  metrics: TimedAgainstHistory[];
}

function judgeGated(judging: Judging): Gated {
  const { history, own, settings, marginRatioOf } = judging;
  const { metrics, model } = history;
  const valuesOf = (of: (level: RunLevel) => number): Levels =>
    metrics.map(({ id }) => {
      const level = own.levels.get(id);
      return level === undefined ? Number.NaN : of(level);
    });
  const row = valuesOf(({ level }) => level);
  const margins = metrics.map((metric) => Math.log1p(marginRatioOf(metric)));
  const matters = (metric: number, shift: number) => Math.abs(shift) >= (margins[metric] ?? 0);
  const { called, suspected } = findCause(
    history,
    row,
    valuesOf(({ lowest }) => lowest),
    SHARE * settings.alpha,
    matters,
  );
  const cause = called && isConfirmed(called, judging) ? called : undefined;
  const members = new Set(cause ? membersOf(cause, matters) : []);
  const fit = cause?.fit ?? fitLevels(model, row);
  const single = adjustFamily(singleTests(judging, row, fit));
  const familySize = single.size;
  const odd =
    metrics.length < MIN_METRICS_FOR_STATE
      ? otherWidth(judging)
      : cause
        ? undefined
        : oddState(history, fit);
  const judged = metrics.flatMap((metric, index): TimedAgainstHistory[] => {
    const level = own.levels.get(metric.id);
    const runs = model.runs[index] ?? 0;
    if (level === undefined || runs === 0) return [];
    const marginRatio = marginRatioOf(metric);
    const change = changeOf(history, index, level.level, fit);
    const member = members.has(index);
    const alone = scaled(single.get(metric.id), 1 / SHARE);
    const test = member ? least(alone, scaled(cause?.test, 1 / SHARE)) : alone;
    const reaches = Math.abs(change.estimate) >= (margins[index] ?? 0);
    const doubt = doubtOf({
      level,
      marginRatio,
      change: change.estimate,
      history,
      index,
      member,
      called: reaches && smallestP(test) <= settings.alpha,
    });
    return [
      {
        ...{ metric, marginRatio, change, stored: runs, familySize },
        launches: { baseline: history.launches[index] ?? 0, candidate: level.launches },
        ...(reaches ? { test } : {}),
        ...(odd === undefined || exceedsMachine(change.estimate) ? {} : { obstacle: odd }),
        ...(doubt === undefined ? {} : { doubt }),
        baselineNs: history.ns[index] ?? level.ns,
        sample: sampleText(runs, member ? cause : undefined),
      },
    ];
  });
  return {
    metrics: judged,
    familySize,
    ...(odd === undefined ? {} : { obstacle: odd }),
    suspects: suspectsOf(judged, suspected, margins, metrics, fit),
  };
}

/** Single metrics: what the machine and a cause leave, against what may persist between equal runs. */
function singleTests({ history, fresh, marginRatioOf }: Judging, row: Levels, fit: Fit) {
  const { metrics, model } = history;
  return new Map(
    metrics.flatMap((metric, index): [string, ShiftTest][] => {
      const rest = fit.residuals[index] ?? Number.NaN;
      if (!Number.isFinite(rest) || !Number.isFinite(row[index])) return [];
      const nuisance = Math.log1p(Math.min(PERSISTENT_DIFFERENCE, marginRatioOf(metric)));
      // A cause explains a part of the change, as long as the machine could do the rest.
      const explained = (row[index] ?? 0) - (model.centres[index] ?? 0) - fit.state - rest;
      const testOf = (level: number) => {
        const { estimate, ...error } = changeOf(history, index, level, fit);
        const own = exceedsMachine(estimate - explained) ? estimate : estimate - explained;
        return studentTest({ estimate: own, ...error }, nuisance, 0.5);
      };
      const again = fresh.levels.get(metric.id)?.level;
      const tests = [row[index] ?? 0, ...(again === undefined ? [] : [again])].map(testOf);
      const worst = (of: (test: StudentTest) => number) => Math.max(...tests.map(of));
      return [
        [
          metric.id,
          { slower: worst(({ slower }) => slower), faster: worst(({ faster }) => faster) },
        ],
      ];
    }),
  );
}

const errorOf = ({ model }: History, index: number) => ({
  standardError:
    INFLATION *
    Math.sqrt((model.variances[index] ?? 1) * (1 + 1 / Math.max(1, model.runs[index] ?? 1))),
  degreesOfFreedom: model.degreesOfFreedom[index] ?? 1,
});

/** Without what the machine did to all metrics, unless the machine cannot do so much. */
function changeOf(history: History, index: number, level: number, { state }: Fit) {
  const whole = level - (history.model.centres[index] ?? 0);
  return {
    estimate: exceedsMachine(whole) ? whole : whole - state,
    ...errorOf(history, index),
  };
}

const exceedsMachine = (change: number): boolean => Math.abs(change) > Math.log(MAX_MACHINE_RATIO);

const scaled = (test: ShiftTest | undefined, factor: number): ShiftTest => ({
  slower: Math.min(1, factor * (test?.slower ?? 1)),
  faster: Math.min(1, factor * (test?.faster ?? 1)),
});

const least = (one: ShiftTest, other: ShiftTest): ShiftTest => ({
  slower: Math.min(one.slower, other.slower),
  faster: Math.min(one.faster, other.faster),
});

/** Whether the launches that confirm show the cause, in as far as they measured its metrics. */
function isConfirmed(cause: Cause, { history, fresh }: Judging): boolean {
  const { metrics, model } = history;
  const shares = metrics.flatMap(({ id }, index) => {
    const again = fresh.levels.get(id)?.level;
    const shift = cause.shifts[index] ?? 0;
    const centre = model.centres[index] ?? Number.NaN;
    if (again === undefined || shift === 0 || !Number.isFinite(centre)) return [];
    return [(again - centre - cause.fit.state) / shift];
  });
  return shares.length === 0 || median(shares) >= MIN_CONFIRMED_SHARE;
}

interface Doubtful {
  level: RunLevel;
  marginRatio: number;
  change: number;
  history: History;
  index: number;
  /** Whether a cause explains it. */
  member: boolean;
  /** Whether it would be called changed. */
  called: boolean;
}

function doubtOf(one: Doubtful): string | undefined {
  const { level, marginRatio, change, history, index, member, called } = one;
  if (Math.abs(level.halves) > Math.log1p(marginRatio) && !member) {
    return `Too noisy: the two halves of this run differ by ${formatShare(Math.abs(Math.expm1(level.halves)))}, more than the margin of ${formatShare(marginRatio)}.`;
  }
  if (!called || member) return undefined;
  if (level.launches < MIN_QUIET_TO_CALL) {
    return `Only ${countOf(level.launches, 'launch', 'launches')} of this run ${level.launches === 1 ? 'counts' : 'count'}, and a change is not called on fewer than ${MIN_QUIET_TO_CALL}: measure for longer.`;
  }
  const runs = history.model.runs[index] ?? 0;
  if (runs < MIN_RUNS_TO_CALL) {
    return `Only ${countOf(runs, 'stored run')} ${runs === 1 ? 'has' : 'have'} today's level of this metric, and by itself it is not called on fewer than ${MIN_RUNS_TO_CALL}.`;
  }
  const lowest = level.lowest - (history.lowest[index] ?? 0);
  if (lowest / change < MIN_LOWEST_SHARE) {
    return 'Not every launch changed: the fastest one took as long as in the stored runs.';
  }
  if (change > 0 && change < (history.reach[index] ?? 0)) {
    return 'One launch in ten of the stored runs took as long, so this may be chance.';
  }
  return undefined;
}

const sampleText = (runs: number, cause: Cause | undefined): string => {
  const against = `this run against ${countOf(runs, 'stored run')}`;
  if (cause === undefined) return against;
  return `${against}, with ${causeText(cause)}`;
};

const EACH = {
  entries: 'kernel entry',
  switches: 'context switch',
  tcpKilobytes: 'kilobyte over TCP',
  kilobytes: 'kilobyte moved',
} as const;

const causeText = ({ what, size }: Cause): string =>
  typeof what === 'string'
    ? `${formatNsDifference(size)} for every ${EACH[what]}`
    : `${formatRatio(1 + size)} in all metrics of ${what.family}`;

/**
 * A run whose state no stored run had: all metrics moved together, or they stray more than they should.
 * That may be the machine or the candidate, and stored runs cannot tell.
 */
function oddState(history: History, fit: Fit): string | undefined {
  const { without, rows, model } = history;
  const states = without.map((other, run) => fitLevels(other, rows[run] ?? []).state);
  const { standardDeviation, worth } = STATE_PRIOR;
  const variance =
    (worth * standardDeviation ** 2 + sum(states.map((state) => state ** 2))) /
    (worth + states.length);
  const error = Math.sqrt(variance * (1 + 1 / Math.max(1, rows.length)));
  const moved = Math.abs(fit.state) > Math.log1p(STORED_MARGIN);
  if (moved && Math.abs(fit.state) > MAX_STATE_ERRORS * error) {
    return `Everything took ${formatRatio(Math.exp(fit.state))} against the stored runs, which differ by ${formatShare(Math.sqrt(model.stateVariance))}. That may be the machine or the candidate, and stored runs cannot tell: measure both sides in one job (baseline and candidate), or run again.`;
  }
  const scale = residualScale(fit);
  if (scale <= MAX_SCALE * usualScale(history)) return undefined;
  return `The metrics stray ${(scale / usualScale(history)).toFixed(1)} times as far from each other as in the stored runs, and no single cause explains it. The machine was in a state that the stored runs have not seen: measure both sides in one job (baseline and candidate), or run again.`;
}

/** With few metrics, launches beside a neighbour cannot be told by the metrics: the core's width tells. */
function otherWidth({ widths }: Judging): string | undefined {
  const moved = Math.log((widths.own ?? Number.NaN) / medianOf(widths.stored));
  if (!(Math.abs(moved) > Math.log(WIDTH_THRESHOLD))) return undefined;
  return `A loop that needs the whole width of the core took ${formatRatio(Math.exp(moved))} against the stored runs, so another thread may have been busy on it, then or now: run again on a machine in its usual state, or measure more metrics.`;
}

/** What is to be measured again: what is nearly called alone, and what the likeliest cause moved. */
function suspectsOf(
  judged: readonly TimedAgainstHistory[],
  suspected: Cause | undefined,
  margins: readonly number[],
  metrics: readonly TimedMetric[],
  { errors }: Fit,
): string[] {
  const alone = judged
    .filter(({ test }) => test !== undefined && smallestP(test) <= SCREEN_LEVEL)
    .toSorted((a, b) => smallestP(a.test ?? NEVER) - smallestP(b.test ?? NEVER))
    .map(({ metric }) => metric.id);
  if (suspected === undefined || smallestP(suspected.test) > SCREEN_LEVEL) return alone;
  const clarity = (index: number) => Math.abs(suspected.shifts[index] ?? 0) / (errors[index] ?? 1);
  const members = [...metrics.keys()]
    .filter((index) => Math.abs(suspected.shifts[index] ?? 0) >= (margins[index] ?? 0))
    .toSorted((a, b) => clarity(b) - clarity(a))
    .slice(0, MAX_MEMBERS)
    .flatMap((index) => metrics[index]?.id ?? []);
  return [...new Set([...alone, ...members])];
}

const NEVER: ShiftTest = { slower: 1, faster: 1 };

/** A cause shows in its clearest metrics. */
const MAX_MEMBERS = 6;

/** Metrics for information: each by itself. */
function judgeAlone(
  history: History,
  own: RunLevels,
  marginRatioOf: (metric: TimedMetric) => number,
): TimedAgainstHistory[] {
  return history.metrics.flatMap((metric, index) => {
    const level = own.levels.get(metric.id);
    const runs = history.model.runs[index] ?? 0;
    if (level === undefined || runs === 0) return [];
    const marginRatio = marginRatioOf(metric);
    const change = {
      estimate: level.level - (history.model.centres[index] ?? 0),
      ...errorOf(history, index),
    };
    const test = studentTest(change, Math.log1p(marginRatio), 0.5);
    return [
      {
        ...{ metric, marginRatio, change, test, stored: runs, familySize: 1 },
        launches: { baseline: history.launches[index] ?? 0, candidate: level.launches },
        baselineNs: history.ns[index] ?? level.ns,
        sample: sampleText(runs, undefined),
      },
    ];
  });
}
