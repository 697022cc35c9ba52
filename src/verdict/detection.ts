import { sum } from 'simple-statistics';
import type { Launch, Run } from '../record/run.js';
import type { Comparison, MeasuredFinding } from './comparison.js';
import { screenDuet } from './duet.js';
import { type Phase, pairDifferences } from './samples.js';
import type { JudgingSettings } from './settings.js';
import { adjustFamily, type ShiftTest, testShift } from './shift-test.js';

/** When a regression would first have been caught, had the gate not gone on. */
export interface Detection {
  /** The metric that was confirmed first. */
  metric: string;
  /** ms of launches, the warm-up's included, until the screen flagged it. */
  screenMs: number;
  /** ms of fresh launches from there until they confirmed it. */
  confirmMs: number;
}

type Duet = [baseline: Run, candidate: Run];

/**
 * Judges ever longer beginnings of a duet's own launches: those of the screen until it flags what
 * the whole duet calls regressed, then those of the confirmation until they confirm it. The
 * confirmation that was measured held all that the whole screen flagged, which takes longer than
 * what a beginning of it flags: the time is an upper bound.
 *
 * @param duet a comparison of both sides of a duet from their whole records
 * @returns undefined where nothing regressed
 */
export function firstDetection(
  duet: Comparison<MeasuredFinding>,
  settings: JudgingSettings,
): Detection | undefined {
  const [baseline] = duet.baseline;
  const regressed = gatedRegressions(duet);
  if (baseline === undefined || regressed.size === 0) return undefined;
  const whole: Duet = [baseline, duet.candidate];
  for (const end of pairEnds(whole, 'screen')) {
    const flagged = screenDuet(...until(whole, 'screen', end), settings);
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

/** A metric that did not regress counts in the family, and is never the one that is confirmed. */
const NOT_CONFIRMED: ShiftTest = { slower: 1, faster: 1 };

function firstConfirmed(
  whole: Duet,
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

function testConfirmed(runs: Duet, id: string, marginRatio: number | undefined): ShiftTest {
  const { between } = pairDifferences(...runs, id, 'confirm');
  const known = marginRatio !== undefined && between.length > 0;
  return known ? testShift(between, marginRatio) : NOT_CONFIRMED;
}

/** Sequence numbers that a pair of launches ends with. */
const pairEnds = ([, candidate]: Duet, phase: Phase): number[] => [
  ...new Set(
    candidate.launches.flatMap((launch) => (launch.phase === phase ? [launch.sequence | 1] : [])),
  ),
];

/** Both sides as if the phase had ended after a launch. */
const until = ([baseline, candidate]: Duet, phase: Phase, end: number): Duet => {
  const begun = (launch: Launch): boolean => launch.phase !== phase || launch.sequence <= end;
  const cut = (run: Run): Run => ({ ...run, launches: run.launches.filter(begun) });
  return [cut(baseline), cut(candidate)];
};

const screenMs = (whole: Duet, end: number): number =>
  wallMs(until(whole, 'screen', end), ['warm-up', 'screen']);

const wallMs = (runs: Duet, phases: readonly Phase[]): number =>
  sum(
    runs
      .flatMap(({ launches }) => launches)
      .filter(({ phase }) => phases.includes(phase))
      .map(({ wallNs }) => wallNs),
  ) / 1e6;
