import { randomBytes } from 'node:crypto';
import type { Baseline } from './baseline/open.js';
import type { StoredRuns } from './baseline/stored.js';
import type { Config } from './config/config.js';
import type { Goal } from './measure/allocation.js';
import type { RunIdentity } from './measure/collect.js';
import type { Bench } from './measure/launch.js';
import type { Sides } from './measure/rounds.js';
import { Session, WHOLE_BUDGET } from './measure/session.js';
import type { Progress } from './progress.js';
import type { DuetSide, Run, Source } from './record/run.js';
import { DUET_MARGIN, PREDICTION_MARGIN } from './stats/assumptions.js';
import { withTargets } from './targets/sides.js';
import type { Target } from './targets/target.js';
import { countOf } from './units.js';
import { screenDuet } from './verdict/duet.js';
import type { Evidence } from './verdict/evidence.js';
import { type JudgingSettings, marginOf } from './verdict/settings.js';
import { VERSION } from './version.js';

interface Telling {
  progress: Progress;
  source?: Source;
}

/** Measures what the baseline calls for: a duet, a run against stored ones, or a self-portrait. */
export function gatherEvidence(
  config: Config,
  bench: Bench,
  baseline: Baseline,
  telling: Telling,
): Promise<Evidence> {
  const { candidate } = config;
  if (baseline.kind === 'target') {
    return withTargets({ baseline: baseline.spec, candidate }, bench, telling, (sides) =>
      duel(config, bench, sides, telling),
    );
  }
  const { stored } = baseline;
  const alone = stored.runs.length > 0 ? predict : selfPortrait;
  return withTargets({ candidate }, bench, telling, (sides) =>
    alone(config, bench, sides.candidate, stored, telling),
  );
}

/** Both sides can be run here: interleave them, screen all metrics, confirm the flagged ones. */
async function duel(
  config: Config,
  bench: Bench,
  sides: Required<Sides>,
  { progress, source }: Telling,
): Promise<Evidence> {
  const session = new Session(bench, sides, config.durationMs, progress);
  const [before, after] = bothIdentities(source);
  const runs = (): [Run, Run] => [session.baselineRun(before), session.candidateRun(after)];
  await session.warmUp();
  await session.tails();
  await screenAndConfirm(session, runs, config, progress);
  const [baselineRun, candidateRun] = runs();
  return { design: 'duet', baseline: baselineRun, candidate: candidateRun };
}

/** @param runs both sides as measured so far, the baseline first */
export async function screenAndConfirm(
  session: Session,
  runs: () => [Run, Run],
  settings: JudgingSettings,
  progress: Progress,
): Promise<void> {
  progress.phase('Measure both sides in turn');
  await session.screen({ goal: goalOf(settings, DUET_MARGIN) });
  const { flagged, leastPairs } = screenDuet(...runs(), settings);
  if (flagged.length === 0) return;
  progress.phase(`Confirm ${countOf(flagged.length, 'flagged metric')} on fresh launches`);
  await session.confirm(flagged, leastPairs);
}

/** The baseline is stored runs: measure the candidate and ask whether they predict it. */
async function predict(
  config: Config,
  bench: Bench,
  candidate: Target,
  stored: StoredRuns,
  { progress, source }: Telling,
): Promise<Evidence> {
  const session = new Session(bench, { candidate }, config.durationMs, progress);
  const own = newIdentity(source);
  await session.warmUp();
  await session.tails();
  progress.phase(`Measure, to compare with ${stored.origin}`);
  await session.screen({ share: WHOLE_BUDGET, goal: goalOf(config, PREDICTION_MARGIN) });
  return { design: 'prediction', stored, candidate: session.candidateRun(own) };
}

/** Nothing to compare with: the candidate against itself shows what this machine can tell apart. */
async function selfPortrait(
  config: Config,
  bench: Bench,
  candidate: Target,
  stored: StoredRuns,
  { progress, source }: Telling,
): Promise<Evidence> {
  const sides = { baseline: candidate, candidate };
  const session = new Session(bench, sides, config.durationMs, progress);
  const own = newIdentity(source);
  const arms = bothIdentities(source);
  progress.note(
    `There is no earlier run in ${stored.origin}, so the candidate is measured against itself, which shows what this machine can tell apart.`,
  );
  await session.warmUp();
  await session.tails();
  progress.phase('Measure the candidate against itself');
  await session.screen({ share: WHOLE_BUDGET, goal: goalOf(config, DUET_MARGIN) });
  return {
    design: 'self',
    before: session.baselineRun(arms[0]),
    after: session.candidateRun(arms[1]),
    candidate: session.pooledRun(own),
    skipped: stored.skipped,
  };
}

/** What the measuring time is to buy. */
export const goalOf = ({ alpha, margins }: JudgingSettings, fallback: number): Goal => ({
  alpha,
  marginOf: ({ id, least_margin_percent }) =>
    marginOf({ id, leastMargin: least_margin_percent / 100 }, margins, fallback),
});

const randomId = (): string => randomBytes(8).toString('hex');

type DuetIdentity = RunIdentity & { duet: DuetSide };

/** Names for the two runs of a duet that begins now, the baseline's first. */
export function bothIdentities(source?: Source): [DuetIdentity, DuetIdentity] {
  const id = randomId();
  return [
    { ...newIdentity(source), duet: { id, side: 'baseline' } },
    { ...newIdentity(source), duet: { id, side: 'candidate' } },
  ];
}

/** A name for a run that begins now. */
export const newIdentity = (source?: Source): RunIdentity => ({
  id: randomId(),
  startedAt: new Date().toISOString(),
  tool: VERSION,
  ...(source ? { source } : {}),
});
