import { randomInt } from 'node:crypto';
import { measurementFailure } from '../failure.js';
import { prepareBench } from '../measure/bench.js';
import { newIdentity } from '../measure/identity.js';
import { Session } from '../measure/session.js';
import { WHOLE_BUDGET } from '../measure/time-budget.js';
import type { CrossingRun } from '../record/report.js';
import { CROSSING_METRICS, crossingOf } from '../report/crossing.js';
import { withTargets } from '../targets/sides.js';
import type { RunnableSpec } from '../targets/spec.js';
import type { Surroundings } from './surroundings.js';

/**
 * Measures only what crossing into the kernel costs and which way of sending a header and a file
 * wins: no baseline, no verdict, nothing stored.
 *
 * @returns both blocks, and where they were measured
 * @throws Failure when nothing can be compiled or measured here
 */
export async function measureCrossing(
  { candidate, durationMs }: { candidate: RunnableSpec; durationMs: number },
  { progress, signal }: Surroundings,
): Promise<CrossingRun> {
  const selection = { metrics: [...CROSSING_METRICS], margins: [], seed: randomInt(0x1_0000_0000) };
  const bench = await prepareBench(selection, { progress, signal });
  const run = await withTargets({ candidate }, bench, { progress }, async (sides) => {
    const session = new Session(bench, sides, durationMs, progress);
    await session.warmUp();
    progress.phase('Measure the crossing');
    await session.screen({ share: WHOLE_BUDGET });
    return session.candidateRun(newIdentity());
  });
  progress.end();
  const crossing = crossingOf(run);
  if (crossing !== undefined) return { crossing, platform: run.platform, subject: run.subject };
  throw measurementFailure(
    `The crossing could not be measured in ${candidate.spec}: syscall.null or context.pipe_2p_0k has no number there; run the gate with --metrics 'syscall.null,context.*' to see why.`,
  );
}
