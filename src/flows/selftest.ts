import type { Config } from '../config/config.js';

import { measurementFailure } from '../failure.js';
import { screenAndConfirm } from '../gather/timing.js';
import { prepareBench } from '../measure/bench.js';
import { bothIdentities } from '../measure/identity.js';
import type { Bench } from '../measure/launch.js';
import type { Sides } from '../measure/rounds.js';
import { Session } from '../measure/session.js';
import { OVERRUN } from '../measure/time-budget.js';
import { injectionObstacle } from '../probe/obstacle.js';
import type { Progress } from '../progress.js';
import { INJECTIONS, type Injection } from '../record/injection.js';
import type { Run } from '../record/run.js';
import type { Selftest } from '../record/selftest.js';
import { buildSelftest, ENTRY_METRIC, type Trial } from '../report/selftest-build.js';
import { withInjection } from '../targets/injected.js';
import { withTargets } from '../targets/sides.js';
import type { Target } from '../targets/target.js';
import type { Comparison, MeasuredFinding } from '../verdict/comparison.js';
import { firstDetection } from '../verdict/detection.js';
import { compareDuet } from '../verdict/duet.js';
import { VERSION } from '../version.js';

/**
 * A few of each family, since three gates have to find pairs enough in the time of one. What is
 * injected slows them all, and the certificate of every report covers whatever that report measured.
 */
const REPRESENTATIVES: readonly string[] = [
  'clock.vdso_monotonic',
  'syscall.{null,enosys,read_zero,write_null,pread_4k,fstat,stat,open_close}',
  'signal.raise',
  'context.{pipe_self,pipe_2p_0k,futex_2p}',
  'memory.mmap_munmap',
  'net.{tcp_rtt_1b,unix_rtt_1b}',
  'sendfile.{tcp_4k,tcp_4k_cork_header,unix_64k}',
];

/** A confirmation that lacks pairs may take so much longer than its gate's time. */
const OVERRUN_SHARE = OVERRUN - 1;

interface Surroundings {
  progress: Progress;
  signal: AbortSignal;
}

type Asked = Pick<Config, 'candidate' | 'durationMs' | 'metrics' | 'margins' | 'alpha' | 'seed'>;

/**
 * Whether the gate can be trusted on this machine: it compares the machine with itself, and then
 * with itself under regressions of a known cause, by the gate's own measuring and judging. Nothing
 * is stored.
 *
 * @returns what was found, and one sentence that answers
 * @throws Failure when nothing can be compiled or measured here
 */
export async function selftest(config: Asked, surroundings: Surroundings): Promise<Selftest> {
  const bench = await gatedBench(config, surroundings);
  return withTargets({ candidate: config.candidate }, bench, surroundings, ({ candidate }) =>
    testTarget(candidate, bench, config, surroundings),
  );
}

async function testTarget(
  target: Target,
  bench: Bench,
  config: Asked,
  surroundings: Surroundings,
): Promise<Selftest> {
  const injections = await firstAvailable(bench);
  const gates = 1 + injections.filter(({ reason }) => reason === undefined).length;
  const compare = gatesInTurn(bench, config, gates, surroundings.progress);
  const itself = await compare({ baseline: target, candidate: target });
  requireEntryMetric(itself);
  const trials: Trial[] = [];
  for (const { injection, reason } of injections) {
    if (reason === undefined) {
      const candidate = withInjection(target, injection);
      const comparison = await compare({ baseline: target, candidate });
      trials.push({ injection, comparison, first: firstDetection(comparison, config) });
    } else trials.push({ injection, status: 'unavailable', reason });
  }
  surroundings.progress.end();
  return buildSelftest(itself, trials, VERSION, config.durationMs / (gates + OVERRUN_SHARE));
}

/** A mild one and a strong one: each is a gate, and takes time from the others. */
const MOST_INJECTED = 2;

interface Tried {
  injection: Injection;
  /** Why it cannot be had here, if so. */
  reason: string | undefined;
}

/** Injections in their order until there are enough that work, and those on the way that do not. */
async function firstAvailable({ probe }: Bench): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const injection of INJECTIONS) {
    if (tried.filter(({ reason }) => reason === undefined).length === MOST_INJECTED) break;
    tried.push({ injection, reason: await injectionObstacle(probe, injection) });
  }
  return tried;
}

/** The gated metrics that were asked for, and the one that says how large an injection is. */
async function gatedBench(config: Asked, surroundings: Surroundings): Promise<Bench> {
  const asked = config.metrics.length > 0 ? config.metrics : REPRESENTATIVES;
  const metrics = [...asked, ENTRY_METRIC];
  const bench = await prepareBench({ ...config, metrics }, surroundings);
  const gated = bench.plan.metrics.filter(({ gate }) => gate);
  return { ...bench, plan: { ...bench.plan, metrics: gated } };
}

/** What is left of the time is shared by the gates that are left; the last may overrun its share. */
function gatesInTurn(
  bench: Bench,
  config: Asked,
  gates: number,
  progress: Progress,
): (sides: Required<Sides>) => Promise<Comparison<MeasuredFinding>> {
  const end = bench.now() + config.durationMs;
  let left = gates;
  return (sides) => {
    const durationMs = Math.max(0, end - bench.now()) / (left + OVERRUN_SHARE);
    left -= 1;
    const [before, after] = [sides.baseline.record.spec, sides.candidate.record.spec];
    progress.note(`Gate ${gates - left} of ${gates}: ${before} against ${after}.`);
    return gateOnce(new Session(bench, sides, durationMs, progress), config, progress);
  };
}

async function gateOnce(
  session: Session,
  config: Asked,
  progress: Progress,
): Promise<Comparison<MeasuredFinding>> {
  const [before, after] = bothIdentities();
  const runs = (): [Run, Run] => [session.baselineRun(before), session.candidateRun(after)];
  await session.warmUp();
  return compareDuet(...(await screenAndConfirm(session, runs, config, progress)), config);
}

function requireEntryMetric({ findings }: Comparison<MeasuredFinding>): void {
  const entry = findings.find(({ id }) => id === ENTRY_METRIC);
  if (entry?.change !== undefined) return;
  const why = entry?.because.replace(/\.$/, '') ?? 'it was not measured';
  throw measurementFailure(
    `The self-test measures what it injects by ${ENTRY_METRIC}, which has no number here (${why}): run it where getppid(2) is allowed, with a longer --duration if launches are slow.`,
  );
}
