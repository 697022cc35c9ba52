import { randomBytes } from 'node:crypto';
import type { Baseline } from './baseline/open.js';
import type { StoredRuns } from './baseline/stored.js';
import type { Config } from './config/config.js';
import type { Goal } from './measure/allocation.js';
import type { RunIdentity } from './measure/collect.js';
import type { Bench } from './measure/launch.js';
import { Session } from './measure/session.js';
import type { Progress } from './progress.js';
import type { Run, Source } from './record/run.js';
import { DUET_MARGIN, PREDICTION_MARGIN } from './stats/assumptions.js';
import { makeTarget } from './targets/index.js';
import type { Target } from './targets/target.js';
import { countOf } from './units.js';
import type { Comparison } from './verdict/comparison.js';
import { compareDuet, screenDuet } from './verdict/duet.js';
import { comparePrediction } from './verdict/prediction.js';
import { describeSelf } from './verdict/self.js';
import { marginOf } from './verdict/settings.js';
import { VERSION } from './version.js';

/** A comparison, and the candidate's run that is kept of it. */
export interface Evidence {
  comparison: Comparison;
  run: Run;
}

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
  if (baseline.kind === 'target') return duel(config, bench, baseline.target, telling);
  const { stored } = baseline;
  return stored.runs.length > 0
    ? predict(config, bench, stored, telling)
    : selfPortrait(config, bench, stored, telling);
}

/** Both sides can be run here: interleave them, screen all metrics, confirm the flagged ones. */
async function duel(
  config: Config,
  bench: Bench,
  baseline: Target,
  { progress, source }: Telling,
): Promise<Evidence> {
  const candidate = makeTarget(config.candidate);
  const session = new Session(bench, { baseline, candidate }, config.durationMs, progress);
  const id = randomId();
  const before = { ...newIdentity(source), duet: { id, side: 'baseline' } } as const;
  const after = { ...newIdentity(source), duet: { id, side: 'candidate' } } as const;
  const runs = (): [Run, Run] => [session.baselineRun(before), session.candidateRun(after)];
  await session.warmUp();
  await session.tails();
  progress.phase('Measure both sides in turn');
  await session.screen({ goal: goalOf(config, DUET_MARGIN) });
  const { flagged, leastPairs } = screenDuet(...runs(), config);
  if (flagged.length > 0) {
    progress.phase(`Confirm ${countOf(flagged.length, 'flagged metric')} on fresh launches`);
    await session.confirm(flagged, leastPairs);
  }
  const [baselineRun, run] = runs();
  return { comparison: compareDuet(baselineRun, run, config), run };
}

/** The baseline is stored runs: measure the candidate and ask whether they predict it. */
async function predict(
  config: Config,
  bench: Bench,
  stored: StoredRuns,
  { progress, source }: Telling,
): Promise<Evidence> {
  const candidate = makeTarget(config.candidate);
  const session = new Session(bench, { candidate }, config.durationMs, progress);
  const own = newIdentity(source);
  await session.warmUp();
  await session.tails();
  progress.phase(`Measure, to compare with ${stored.origin}`);
  await session.screen({ share: WHOLE_BUDGET, goal: goalOf(config, PREDICTION_MARGIN) });
  const run = session.candidateRun(own);
  return { comparison: comparePrediction(stored, run, config), run };
}

/** Nothing to compare with: the candidate against itself shows what this machine can tell apart. */
async function selfPortrait(
  config: Config,
  bench: Bench,
  stored: StoredRuns,
  { progress, source }: Telling,
): Promise<Evidence> {
  const candidate = makeTarget(config.candidate);
  const sides = { baseline: candidate, candidate };
  const session = new Session(bench, sides, config.durationMs, progress);
  const own = newIdentity(source);
  progress.note(
    `There is no earlier run in ${stored.origin}, so the candidate is measured against itself, which shows what this machine can tell apart.`,
  );
  await session.warmUp();
  await session.tails();
  progress.phase('Measure the candidate against itself');
  await session.screen({ share: WHOLE_BUDGET, goal: goalOf(config, DUET_MARGIN) });
  const [before, after] = [session.baselineRun(own), session.candidateRun(own)];
  const run = session.pooledRun(own);
  return { comparison: describeSelf(before, after, run, stored, config), run };
}

/** What the measuring time is to buy. */
const goalOf = ({ alpha, margins }: Config, fallback: number): Goal => ({
  alpha,
  marginOf: ({ id, least_margin_percent }) =>
    marginOf({ id, leastMargin: least_margin_percent / 100 }, margins, fallback),
});

/** Without a confirmation to follow. */
const WHOLE_BUDGET = 1;

const randomId = (): string => randomBytes(8).toString('hex');

/** A name for a run that begins now. */
export const newIdentity = (source?: Source): RunIdentity => ({
  id: randomId(),
  startedAt: new Date().toISOString(),
  tool: VERSION,
  ...(source ? { source } : {}),
});
