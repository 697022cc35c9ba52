import { median } from 'simple-statistics';
import { oldestFirst } from '../../record/earlier-runs.js';
import { isTimed, type Run, type TimedMetric } from '../../record/run.js';
import { PERSISTENT_DIFFERENCE, SCREEN_LEVEL, STORED_MARGIN } from '../../stats/assumptions.js';
import { type Fit, fitLevels, type Levels, levelError } from '../../stats/levels.js';
import { type StudentTest, studentTest } from '../../stats/student-test.js';
import { countOf, formatRatio } from '../../text/units.js';
import { costText } from '../diagnosis.js';
import { type JudgingSettings, marginOf } from '../settings.js';
import { adjustFamily, type ShiftTest, smallestP } from '../shift-test.js';
import { type Cause, findCause, membersOf } from './causes.js';
import { doubtOf, halvesDiffer, mayBeCalled } from './doubts.js';
import { type History, learnHistory, type TestedHistory, testHistory } from './history.js';
import { exceedsMachine, machineObstacle, type Widths } from './machine-state.js';
import { type RunLevel, type RunLevels, runLevels } from './quiet-launches.js';
import { comparableLevels, isUsable, tooFew, unusedCaveats } from './usable-runs.js';

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
  /** Whether it may be called by itself, however large its change. */
  callable: boolean;
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
  /** How many stored runs have enough quiet launches. */
  used: number;
  /** Ids of gated metrics that are called or nearly called, the surest first. */
  suspects: string[];
}

/** Half of alpha is for causes of many metrics, half for single metrics. */
export const SHARE = 0.5;

/** The difference on the log scale that may persist between equal runs: what a change is tested against. */
export const nuisanceOf = (marginRatio: number): number =>
  Math.log1p(Math.min(PERSISTENT_DIFFERENCE, marginRatio));

/** How much larger the error of one metric is than its model says: its tails are not normal. */
const INFLATION = 1.15;

/** Fresh launches must show this share of what a cause did to a metric. */
const MIN_CONFIRMED_SHARE = 0.5;

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
  const quiet = runLevels(candidate);
  // Beside a neighbour throughout, only a change that no neighbour makes can be told.
  const own = isUsable(quiet, gated) ? quiet : runLevels(candidate, 'screen', 'all');
  const fresh = runLevels(candidate, 'confirm');
  const levels = runs.toSorted(oldestFirst).map((run) => comparableLevels(run, timed));
  const usable = levels.filter((run) => isUsable(run, gated));
  const learn = (metrics: readonly TimedMetric[]) =>
    learnHistory(usable, metrics, (metric) => Math.log1p(marginRatioOf(metric)));
  const history = testHistory(learn(gated));
  const judged = judgeGated({
    ...{ history, own, fresh, settings, marginRatioOf },
    widths: { own: candidate.coreWidth, stored: runs.flatMap(({ coreWidth }) => coreWidth ?? []) },
  });
  // What only informs has no part in what the machine did, nor in a cause.
  const others = timed.filter(({ gate }) => !gate);
  const informal = judgeAlone(learn(others), own, marginRatioOf);
  const few = tooFew({ own: quiet, runs, usable, gated });
  const metrics = [...judged.metrics, ...informal].map(
    (one) =>
      [
        one.metric.id,
        few === undefined || exceedsMachine(one.change.estimate) ? one : { ...one, obstacle: few },
      ] as const,
  );
  const obstacle = few ?? judged.obstacle;
  return {
    metrics: new Map(metrics),
    familySize: judged.familySize,
    ...(obstacle === undefined ? {} : { obstacle }),
    caveats: unusedCaveats(runs, usable),
    used: gated.length === 0 ? runs.length : usable.length,
    suspects: judged.suspects,
  };
}

interface Judging {
  history: TestedHistory;
  own: RunLevels;
  /** The candidate's levels in the launches that confirm. */
  fresh: RunLevels;
  widths: Widths;
  settings: JudgingSettings;
  marginRatioOf: (metric: TimedMetric) => number;
}

interface Gated extends Omit<Times, 'metrics' | 'caveats' | 'used'> {
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
  const odd = cause ? undefined : machineObstacle(history, fit, judging.widths);
  const judged = metrics.flatMap((metric, index): TimedAgainstHistory[] => {
    const level = own.levels.get(metric.id);
    const runs = model.runs[index] ?? 0;
    if (level === undefined || runs === 0) return [];
    const marginRatio = marginRatioOf(metric);
    const change = changeOf(history, index, level.level, fit);
    const member = members.has(index);
    const alone = directed(single.get(metric.id), change.estimate);
    const test = member ? least(alone, directed(cause?.test, change.estimate)) : alone;
    const reaches = Math.abs(change.estimate) >= (margins[index] ?? 0);
    const launches = level.launches + (judging.fresh.levels.get(metric.id)?.launches ?? 0);
    const doubt = doubtOf({
      ...{ level, launches },
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
        launches: { baseline: history.launches[index] ?? 0, candidate: launches },
        callable: mayBeCalled(launches, runs) && !halvesDiffer(level, marginRatio),
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
    suspects: suspectsOf(judged, suspected, matters, metrics),
  };
}

/** Single metrics: what the machine and a cause leave, against what may persist between equal runs. */
function singleTests({ history, fresh, marginRatioOf }: Judging, row: Levels, fit: Fit) {
  const { metrics, model } = history;
  return new Map(
    metrics.flatMap((metric, index): [string, ShiftTest][] => {
      const rest = fit.residuals[index] ?? Number.NaN;
      if (!Number.isFinite(rest) || !Number.isFinite(row[index])) return [];
      const nuisance = nuisanceOf(marginRatioOf(metric));
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
  standardError: INFLATION * levelError(model, index),
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

/** The test in the direction of the change, by its share of the level. */
const directed = (test: ShiftTest | undefined, estimate: number): ShiftTest => ({
  slower: estimate > 0 ? Math.min(1, (test?.slower ?? 1) / SHARE) : 1,
  faster: estimate < 0 ? Math.min(1, (test?.faster ?? 1) / SHARE) : 1,
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
    const shift = cause.fit.shifts[index] ?? 0;
    const centre = model.centres[index] ?? Number.NaN;
    if (again === undefined || shift === 0 || !Number.isFinite(centre)) return [];
    return [(again - centre - cause.fit.state) / shift];
  });
  return shares.length === 0 || median(shares) >= MIN_CONFIRMED_SHARE;
}

const sampleText = (runs: number, cause: Cause | undefined): string => {
  const against = `this run against ${countOf(runs, 'stored run')}`;
  if (cause === undefined) return against;
  return `${against}, with ${causeText(cause)}`;
};

const causeText = ({ what, size }: Cause): string =>
  typeof what === 'string'
    ? costText(what, size)
    : `${formatRatio(1 + size)} in the family ${what.family}`;

/** What is to be measured again: what is nearly called alone, and what the likeliest cause moved. */
function suspectsOf(
  judged: readonly TimedAgainstHistory[],
  suspected: Cause | undefined,
  matters: (metric: number, shift: number) => boolean,
  metrics: readonly TimedMetric[],
): string[] {
  const alone = judged
    .filter(({ test = NEVER }) => smallestP(test) <= SCREEN_LEVEL)
    .toSorted((a, b) => smallestP(a.test ?? NEVER) - smallestP(b.test ?? NEVER))
    .map(({ metric }) => metric.id);
  if (suspected === undefined || smallestP(suspected.test) > SCREEN_LEVEL) return alone;
  const { shifts, errors } = suspected.fit;
  const clarity = (index: number) => Math.abs(shifts[index] ?? 0) / (errors[index] ?? 1);
  const members = [...metrics.keys()]
    .filter((index) => matters(index, shifts[index] ?? 0))
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
        callable: true,
        baselineNs: history.ns[index] ?? level.ns,
        sample: sampleText(runs, undefined),
      },
    ];
  });
}
