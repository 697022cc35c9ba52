import { sum } from 'simple-statistics';
import type { Launch, Run } from '../record/run.js';
import type { Comparison, MeasuredFinding } from './comparison.js';
import { screenPaired } from './paired.js';
import { type Phase, pairDifferences } from './samples.js';
import type { JudgingSettings } from './settings.js';
import { adjustFamily, type ShiftTest, testShift } from './shift-test.js';

/** When a gate would first have caught a regression, if it had stopped as early as possible. */
export interface Detection {
  /** The metric that was confirmed first. */
  metric: string;
  /** Time of launches in ms, warm-up included, until the screen flagged it. */
  screenMs: number;
  /** Time of fresh launches in ms, from there until they confirmed it. */
  confirmMs: number;
}

type Sides = [baseline: Run, candidate: Run];

/**
 * Judges longer and longer beginnings of a paired comparison's launches. First the screen's, until
 * it flags a metric that the whole comparison calls regressed; then the confirmation's, until they
 * confirm it. The result is an upper bound: the measured confirmation covered everything that the
 * whole screen flagged, and that takes longer than what a beginning of the screen flags.
 *
 * @param comparison the comparison of both sides of a paired comparison from their whole records
 * @returns undefined if nothing regressed
 */
export function firstDetection(
  comparison: Comparison<MeasuredFinding>,
  settings: JudgingSettings,
): Detection | undefined {
  const [baseline] = comparison.baseline;
  const regressed = gatedRegressions(comparison);
  if (baseline === undefined || regressed.size === 0) return undefined;
  const whole: Sides = [baseline, comparison.candidate];
  for (const end of pairEnds(whole, 'screen')) {
    const flagged = screenPaired(...until(whole, 'screen', end), settings);
    const confirmed = flagged.some((id) => regressed.has(id))
      ? firstConfirmed(whole, flagged, regressed, settings.alpha)
      : undefined;
    if (confirmed) return { ...confirmed, screenMs: screenMs(whole, end) };
  }
  return undefined;
}

/** Margins of the gated metrics that regressed, by id. */
const gatedRegressions = ({ findings }: Comparison<MeasuredFinding>): Map<string, number> =>
  new Map(
    findings.flatMap(({ id, gate, verdict, marginRatio }) =>
      gate && verdict === 'regressed' ? [[id, marginRatio] as const] : [],
    ),
  );

/** A metric that did not regress belongs to the family, but is never confirmed. */
const NOT_CONFIRMED: ShiftTest = { slower: 1, faster: 1 };

function firstConfirmed(
  whole: Sides,
  flagged: readonly string[],
  regressed: ReadonlyMap<string, number>,
  alpha: number,
): Pick<Detection, 'metric' | 'confirmMs'> | undefined {
  for (const end of pairEnds(whole, 'confirm')) {
    const runs = until(whole, 'confirm', end);
    const tests = flagged.map((id) => [id, testConfirmed(runs, id, regressed.get(id))] as const);
    for (const [metric, { slower }] of adjustFamily(new Map(tests))) {
      if (slower <= alpha) return { metric, confirmMs: wallMs(runs, ['confirm']) };
    }
  }
  return undefined;
}

function testConfirmed(runs: Sides, id: string, marginRatio: number | undefined): ShiftTest {
  const { between } = pairDifferences(...runs, id, 'confirm');
  const known = marginRatio !== undefined && between.length > 0;
  return known ? testShift(between, marginRatio) : NOT_CONFIRMED;
}

/** Sequence numbers of the launches that end a pair. */
const pairEnds = ([, candidate]: Sides, phase: Phase): number[] => [
  ...new Set(
    candidate.launches.flatMap((launch) => (launch.phase === phase ? [launch.sequence | 1] : [])),
  ),
];

/** Both sides as if the phase had ended with this launch. */
const until = ([baseline, candidate]: Sides, phase: Phase, end: number): Sides => {
  const begun = (launch: Launch): boolean => launch.phase !== phase || launch.sequence <= end;
  const cut = (run: Run): Run => ({ ...run, launches: run.launches.filter(begun) });
  return [cut(baseline), cut(candidate)];
};

const screenMs = (whole: Sides, end: number): number =>
  wallMs(until(whole, 'screen', end), ['warm-up', 'screen']);

const wallMs = (runs: Sides, phases: readonly Phase[]): number =>
  sum(
    runs
      .flatMap(({ launches }) => launches)
      .filter(({ phase }) => phases.includes(phase))
      .map(({ wallNs }) => wallNs),
  ) / 1e6;
