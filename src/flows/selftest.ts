import type { Config } from '../config/config.js';
import { measurementFailure } from '../failure.js';
import { timeBoth } from '../gather/timing.js';
import { prepareBench } from '../measure/bench.js';
import { bothIdentities } from '../measure/identity.js';
import type { Bench } from '../measure/launch.js';
import type { Sides } from '../measure/rounds.js';
import { OVERRUN } from '../measure/time-budget.js';
import { injectionObstacle } from '../probe/obstacle.js';
import type { Progress } from '../progress.js';
import { INJECTIONS, type Injection } from '../record/injection.js';
import type { Selftest } from '../record/selftest.js';
import { buildSelftest, ENTRY_METRIC, type Trial } from '../report/selftest-build.js';
import { withInjection } from '../targets/injected.js';
import { withTargets } from '../targets/sides.js';
import type { Target } from '../targets/target.js';
import type { Comparison, MeasuredFinding } from '../verdict/comparison.js';
import { firstDetection } from '../verdict/detection.js';
import { comparePaired } from '../verdict/paired.js';
import { VERSION } from '../version.js';
import type { Surroundings } from './surroundings.js';

/**
 * A few metrics of each family, because three gates share the time of one and each needs enough pairs.
 * An injection slows all metrics, so a few show it.
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

/** How much longer than its time a gate may take, where its confirmation lacks pairs. */
const OVERRUN_SHARE = OVERRUN - 1;

type Asked = Pick<Config, 'candidate' | 'durationMs' | 'metrics' | 'margins' | 'alpha' | 'seed'>;

/**
 * Whether the gate can be trusted on this machine: compares the machine with itself, and then with
 * itself slowed down by a known cause. Measuring and judging are the gate's own. Nothing is stored.
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

/** A mild injection and a strong one: each needs a gate, which takes time from the others. */
const MAX_INJECTED = 2;

interface Tried {
  injection: Injection;
  /** Why the machine refuses it, if it does. */
  reason: string | undefined;
}

/** Tries injections in their order until enough of them work. */
async function firstAvailable({ probe }: Bench): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const injection of INJECTIONS) {
    if (tried.filter(({ reason }) => reason === undefined).length === MAX_INJECTED) break;
    tried.push({ injection, reason: await injectionObstacle(probe, injection) });
  }
  return tried;
}

/** With the gated metrics that were asked for, and the one that measures an injection's size. */
async function gatedBench(config: Asked, surroundings: Surroundings): Promise<Bench> {
  const asked = config.metrics.length > 0 ? config.metrics : REPRESENTATIVES;
  const metrics = [...asked, ENTRY_METRIC];
  const bench = await prepareBench({ ...config, metrics }, surroundings);
  const gated = bench.plan.metrics.filter(({ gate }) => gate);
  return { ...bench, plan: { ...bench.plan, metrics: gated } };
}

/** The gates share the time that is left; the last one may overrun its share. */
function gatesInTurn(
  bench: Bench,
  config: Asked,
  gates: number,
  progress: Progress,
): (sides: Required<Sides>) => Promise<Comparison<MeasuredFinding>> {
  const end = bench.now() + config.durationMs;
  let left = gates;
  return async (sides) => {
    const durationMs = Math.max(0, end - bench.now()) / (left + OVERRUN_SHARE);
    left -= 1;
    const [before, after] = [sides.baseline.record.spec, sides.candidate.record.spec];
    progress.note(`Gate ${gates - left} of ${gates}: ${before} against ${after}.`);
    const timing = { config: { ...config, durationMs }, bench, progress };
    const { baseline, candidate } = await timeBoth(timing, sides, bothIdentities(), WITHOUT_TAILS);
    return comparePaired(baseline, candidate, config);
  };
}

const WITHOUT_TAILS = { tails: false };

function requireEntryMetric({ findings }: Comparison<MeasuredFinding>): void {
  const entry = findings.find(({ id }) => id === ENTRY_METRIC);
  if (entry?.change !== undefined) return;
  const why = entry?.because.replace(/\.$/, '') ?? 'it was not measured';
  throw measurementFailure(
    `The self-test measures what it injects by ${ENTRY_METRIC}, which has no number here (${why}): run it where getppid(2) is allowed, with a longer --duration if launches are slow.`,
  );
}
