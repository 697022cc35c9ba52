import { mean, sampleStandardDeviation, sampleVariance } from 'simple-statistics';
import type { Run } from '#src/record/run.js';
import { studentCdf, studentQuantile } from '#src/stats/student.js';
import { compareStored } from '#src/verdict/stored.js';
import { gatedTimes } from './records.ts';

export interface Judged {
  /** Gated metrics that the rule calls slower. */
  red: string[];
  /** The rule says that the machine's state allows no verdict. */
  withoutVerdict: boolean;
  /** Smallest detectable changes that the rule prints, by metric; without an entry it prints none. */
  mde80: ReadonlyMap<string, number>;
}

export interface Rule {
  name: string;
  /** Who uses it. */
  of: string;
  /** How many runs of a change the rule needs before it can call it. */
  newRuns: number;
  /** @param candidates the newest runs, oldest first: as many as the rule needs */
  judge(stored: readonly Run[], candidates: readonly Run[]): Judged;
}

const SETTINGS = { alpha: 0.01, margins: [] };

/** Caveats under which no metric is called changed. */
const OBSTACLE =
  /nothing is called|stored runs cannot tell|state that the stored runs have not seen|whole width/;

export const OURS: Rule = {
  name: 'state of the machine, one cause, single metrics',
  of: 'syscall-gate',
  newRuns: 1,
  judge(stored, candidates) {
    const candidate = newestOf(candidates);
    const { findings, caveats } = compareStored(
      { runs: [...stored], skipped: [] },
      candidate,
      SETTINGS,
    );
    const gated = findings.filter(({ gate }) => gate);
    return {
      red: gated.filter(({ verdict }) => verdict === 'regressed').map(({ id }) => id),
      withoutVerdict: caveats.some((caveat) => OBSTACLE.test(caveat)),
      mde80: new Map(
        gated.flatMap(({ id, mde80 = Number.NaN }): [string, number][] =>
          Number.isFinite(mde80) ? [[id, mde80]] : [],
        ),
      ),
    };
  },
};

/** Calls one metric slower by its times in ns, oldest first. */
type IsSlower = (before: readonly number[], after: readonly number[]) => boolean;

function metricByMetric(name: string, of: string, isSlower: IsSlower, newRuns = 1): Rule {
  return {
    ...{ name, of, newRuns },
    judge(stored, candidates) {
      const ids = [...gatedTimes(newestOf(candidates)).keys()];
      const timesOf = (runs: readonly Run[], id: string) =>
        runs.flatMap((run) => gatedTimes(run).get(id) ?? []);
      const red = ids.filter((id) => isSlower(timesOf(stored, id), timesOf(candidates, id)));
      return { red, withoutVerdict: false, mde80: new Map() };
    },
  };
}

function newestOf(runs: readonly Run[]): Run {
  const newest = runs.at(-1);
  if (newest === undefined) throw new Error('There is no run to judge.');
  return newest;
}

const ratioRule = (threshold: number): Rule =>
  metricByMetric(
    `previous run × ${threshold}`,
    'github-action-benchmark',
    (before, [after = 0]) => after > threshold * (before.at(-1) ?? Number.POSITIVE_INFINITY),
  );

/** Beyond a number of standard deviations of the stored runs. */
const beyond = (name: string, of: string, limit: (stored: number) => number): Rule =>
  metricByMetric(
    name,
    of,
    (before, [after = 0]) =>
      before.length > 1 &&
      after > mean([...before]) + limit(before.length) * sampleStandardDeviation([...before]),
  );

const studentRule = (level: number): Rule =>
  beyond(`Student t, boundary ${level}`, 'Bencher', (stored) => studentQuantile(level, stored - 1));

const STEP_LEVEL = 0.001;
const STEP = 1.05;
const STEP_RUNS = 5;

/** One-sided Welch test (B. L. Welch, Biometrika 34, 1947, 28-35), and a least size. */
const isStep: IsSlower = (before, after) => {
  if (before.length < 2 || after.length < STEP_RUNS) return false;
  const [one, other] = [mean([...before]), mean([...after])];
  const v = sampleVariance([...before]) / before.length;
  const w = sampleVariance([...after]) / after.length;
  const degrees = (v + w) ** 2 / (v ** 2 / (before.length - 1) + w ** 2 / (after.length - 1));
  const p = 1 - studentCdf((other - one) / Math.sqrt(v + w), degrees);
  return other > STEP * one && p < STEP_LEVEL;
};

/** Each rule judges one metric at a time, as its users run it. */
export const RULES: readonly Rule[] = [
  OURS,
  ratioRule(1.1),
  ratioRule(1.5),
  ratioRule(2),
  beyond('rolling mean + 2 σ', 'control charts', () => 2),
  studentRule(0.95),
  studentRule(0.99),
  beyond('rolling z > 5', 'conbench', () => 5),
  metricByMetric('step over five runs, p < 0.001 and 5 %', 'like Otava', isStep, STEP_RUNS),
];
