import type { Config } from '../config/config.js';
import type { Goal } from '../measure/allocation.js';
import type { RunIdentity } from '../measure/collect.js';
import { bothIdentities } from '../measure/identity.js';
import type { Bench } from '../measure/launch.js';
import type { Sides } from '../measure/rounds.js';
import { Session } from '../measure/session.js';
import { OVERRUN, WHOLE_BUDGET } from '../measure/time-budget.js';
import type { Progress } from '../progress.js';
import type { Run, Source } from '../record/run.js';
import { MIN_QUIET_TO_CALL, PAIRED_MARGIN, STORED_MARGIN } from '../stats/assumptions.js';
import { robustPairs } from '../stats/power.js';
import type { StoredRuns } from '../stores/stored-runs.js';
import type { Target } from '../targets/target.js';
import { countOf } from '../text/units.js';
import type { Evidence } from '../verdict/evidence.js';
import { runLevels } from '../verdict/history/quiet-launches.js';
import { screenPaired } from '../verdict/paired.js';
import { type JudgingSettings, marginOf } from '../verdict/settings.js';
import type { Shard } from '../verdict/shard-set.js';
import { suspectedTimes } from '../verdict/stored.js';

/** What timing needs of the gate. */
export interface Timing {
  config: JudgingSettings & Pick<Config, 'durationMs'>;
  bench: Bench;
  progress: Progress;
}

type EvidenceOf<D extends Evidence['design']> = Extract<Evidence, { design: D }>;

type BothIdentities = readonly [RunIdentity, RunIdentity];

/**
 * Both sides can be run here: measures them in turn, screens all metrics, confirms the flagged ones.
 *
 * @param tails whether single operations are timed, too
 */
export async function timeBoth(
  { config, bench, progress }: Timing,
  sides: Required<Sides>,
  [before, after]: BothIdentities,
  { tails } = { tails: true },
): Promise<EvidenceOf<'paired'>> {
  const session = new Session(bench, sides, config.durationMs, progress);
  const runs = (): [Run, Run] => [session.baselineRun(before), session.candidateRun(after)];
  await session.warmUp();
  if (tails) await session.tails();
  const [baseline, candidate] = await screenAndConfirm(session, runs, config, progress);
  return { design: 'paired', baseline, candidate };
}

/**
 * Screens all metrics, and confirms on fresh launches those that the screen flagged.
 *
 * @param runs both sides as measured so far, the baseline first
 * @returns both sides in the end
 */
export async function screenAndConfirm(
  session: Session,
  runs: () => [Run, Run],
  settings: JudgingSettings,
  progress: Progress,
): Promise<[Run, Run]> {
  progress.phase('Measure both sides in turn');
  await session.screen({ goal: goalOf(settings, PAIRED_MARGIN) });
  const screened = runs();
  const flagged = screenPaired(...screened, settings);
  if (flagged.length === 0) return screened;
  const pairsFor = (count: number): number => robustPairs(settings.alpha, count);
  const those = session.confirmable(flagged, pairsFor);
  const share = those.length < flagged.length ? `${those.length} of ` : '';
  progress.phase(`Confirm ${share}${countOf(flagged.length, 'flagged metric')} on fresh launches`);
  await session.confirm(those, pairsFor(those.length));
  return runs();
}

/**
 * One machine of several: measures both sides in turn for the whole time. Nothing is confirmed here,
 * because the other machines are the fresh evidence. All metrics get the same share: machines differ
 * by more than the noise inside one, so more pairs of a noisy metric would not help.
 */
export async function timeShard(
  { config, bench, progress }: Timing,
  sides: Required<Sides>,
  [before, after]: BothIdentities,
): Promise<Shard> {
  const session = new Session(bench, sides, config.durationMs, progress);
  await session.warmUp();
  progress.phase('Measure both sides in turn');
  await session.screen({ share: WHOLE_BUDGET });
  return { baseline: session.baselineRun(before), candidate: session.candidateRun(after) };
}

/** The part of the time after which it is clear what to measure again. */
const SCREEN_AGAINST_STORED = 0.8;

/** The most metrics that are measured again, the surest first. */
const MAX_SUSPECTS = 12;

/** Launches that measure them again. Those that met a neighbour do not count. */
const CONFIRMING_LAUNCHES = 2 * MIN_QUIET_TO_CALL;

/**
 * The baseline is stored runs: measures the candidate alone. What seems to have changed is measured
 * again in the rest of the time. If too few launches met a quiet core, it measures on for a while.
 */
export async function timeAgainst(
  { config, bench, progress }: Timing,
  candidate: Target,
  stored: StoredRuns,
  own: RunIdentity,
): Promise<EvidenceOf<'stored'>> {
  const session = new Session(bench, { candidate }, config.durationMs, progress);
  const runSoFar = () => session.candidateRun(own);
  await session.warmUp();
  await session.tails();
  progress.phase(`Measure, to compare with ${stored.origin}`);
  await session.screen({ share: SCREEN_AGAINST_STORED, goal: goalOf(config, STORED_MARGIN) });
  const suspects = suspectedTimes(stored, runSoFar(), config).slice(0, MAX_SUSPECTS);
  if (suspects.length > 0) {
    progress.phase(`Measure ${countOf(suspects.length, 'suspected metric')} again`);
    await session.confirm(suspects, CONFIRMING_LAUNCHES);
  } else {
    await session.screen({ share: WHOLE_BUDGET });
  }
  if (runLevels(runSoFar()).quiet < MIN_QUIET_TO_CALL) {
    progress.note('Few launches met a quiet core so far, so it measures on for a while.');
    await session.screen({ share: OVERRUN });
  }
  return { design: 'stored', stored, candidate: runSoFar() };
}

/** There is no baseline: comparing the candidate with itself shows what this machine can detect. */
export async function timeItself(
  { config, bench, progress }: Timing,
  candidate: Target,
  stored: StoredRuns,
  own: RunIdentity,
  source?: Source,
): Promise<EvidenceOf<'self'>> {
  const sides = { baseline: candidate, candidate };
  const session = new Session(bench, sides, config.durationMs, progress);
  const arms = bothIdentities(source);
  progress.note(
    `There is no earlier run in ${stored.origin}, so the candidate is measured against itself, which shows what this machine can tell apart.`,
  );
  await session.warmUp();
  await session.tails();
  progress.phase('Measure the candidate against itself');
  await session.screen({ share: WHOLE_BUDGET, goal: goalOf(config, PAIRED_MARGIN) });
  return {
    design: 'self',
    before: session.baselineRun(arms[0]),
    after: session.candidateRun(arms[1]),
    candidate: session.pooledRun(own),
    skipped: stored.skipped,
  };
}

/** The goal that the time is allocated for. */
export const goalOf = ({ alpha, margins }: JudgingSettings, fallback: number): Goal => ({
  alpha,
  marginOf: ({ id, leastMarginPercent }) =>
    marginOf({ id, leastMargin: leastMarginPercent / 100 }, margins, fallback),
});
