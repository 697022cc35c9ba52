import { sum } from 'simple-statistics';
import type { Progress } from '../progress.js';
import type { Launch } from '../record/run.js';
import { seededRandom } from '../stats/random.js';
import type { Target } from '../targets/target.js';
import { launchesFailed } from './collect.js';
import { type Bench, type LaunchObservation, launchProbe } from './launch.js';
import type { Portion } from './plan.js';
import type { Schedule } from './schedule.js';

/** The targets to measure: a candidate, in turn with a baseline or alone. */
export interface Sides {
  baseline?: Target;
  candidate: Target;
}

type SideName = keyof Sides;

/**
 * The possible orders of one pair. Each pair draws its own. With a fixed order, a disturbance with its
 * period would always meet the same side: in a simulation, a wave of 3 % was called a change in 59 % of
 * gates. With one draw for two pairs (A B B A or B A A B) neighbouring pairs depend on each other: where
 * launches followed an AR(1) process of 0.6, a one-sided test of 40 pairs at 1 % called 1.36 % of
 * unchanged gates, and 0.93 % with a draw for each pair (20,000 simulated gates each).
 */
const ORDERS: readonly (readonly SideName[])[] = [
  ['baseline', 'candidate'],
  ['candidate', 'baseline'],
];
const ALONE: readonly SideName[] = ['candidate', 'candidate', 'candidate', 'candidate'];

export const LAUNCHES_PER_ROUND = ALONE.length;

/** Launches of both sides in the order they ran; `next` is the first sequence number not used. */
export interface MeasuringLog {
  baseline: LaunchObservation[];
  candidate: LaunchObservation[];
  next: number;
}

export const emptyLog = (): MeasuringLog => ({ baseline: [], candidate: [], next: 0 });

export interface RoundsOrder {
  phase: Launch['phase'];
  schedule: Schedule;
  /** Rounds go on until one more would end after this, `bench.now()` ms. */
  until: number;
  /** Expected time of a round, ms, if launches are slow: a first round may then be left out. */
  roundMs?: number;
  /** Rounds without a failed launch that are measured even when `until` is past … */
  minRounds: number;
  /** … unless this is past, too. */
  latest: number;
  /** No more rounds than this. */
  maxRounds?: number;
  /** After this, half of a round is enough, `bench.now()` ms: one launch a side. */
  enough?: number;
}

/**
 * The limit of rounds in a phase. The interval shrinks with the root of their number, but the estimate
 * and its interval need memory and time with its square. One metric alone gets there in a minute.
 */
const MAX_ROUNDS = 400;

/** A launch takes well under a second on hardware; emulated kernels are hundreds of times slower. */
const LAUNCH_DEADLINE_MS = 60_000;

/**
 * Measures rounds of launches, of both sides in turn or of the candidate alone, and adds them to
 * the log.
 *
 * @throws Failure (measurement) when the launches of a side keep failing
 */
export async function measureRounds(
  bench: Bench,
  sides: Sides,
  order: RoundsOrder,
  log: MeasuringLog,
  progress: Progress,
): Promise<void> {
  const begin = bench.now();
  bench.cpus.begin();
  let whole = 0;
  for (let round = 0; round < (order.maxRounds ?? MAX_ROUNDS); round++) {
    if (!isDue(order, { round, whole, begin, now: bench.now() })) return;
    const tell = (launch: number, target: Target) =>
      tellProgress(progress, order, { begin, now: bench.now() }, round, launch, target);
    const launches = await measureRound(bench, sides, order, round, log, tell);
    if (launches.every(({ launch }) => launch.failure === undefined)) whole += 1;
  }
}

/** How far a phase has come: the rounds so far, those of them without a failed launch, and moments. */
interface Course {
  round: number;
  whole: number;
  begin: number;
  now: number;
}

/** Whether to measure another round: because it would end in time, or because it is required. */
function isDue(order: RoundsOrder, { round, whole, begin, now }: Course): boolean {
  if (round === 0 && (order.minRounds > 0 || order.roundMs === undefined)) return true;
  const roundMs = round === 0 ? (order.roundMs ?? 0) : (now - begin) / round;
  return now + roundMs <= (whole < order.minRounds ? order.latest : order.until);
}

const BOTH: readonly SideName[] = ['baseline', 'candidate'];

/** Enough that ten of them lie beyond the 99.9th percentile. */
const TAIL_SAMPLES = 10_000;

/** The second pass: one launch of each side that times single operations, and adds no replicate. */
export async function measureTails(
  bench: Bench,
  sides: Sides,
  log: MeasuringLog,
  progress: Progress,
): Promise<void> {
  const order = { phase: 'tails' } as const;
  const portions = bench.plan.metrics.map((metric) => ({ metric, rounds: 1 }));
  for (const side of sides.baseline ? BOTH : BOTH.slice(1)) {
    const target = sides[side] ?? sides.candidate;
    progress.step(0, 1, target.record.spec);
    log[side].push(await launchInTurn(bench, target, order, portions, log));
  }
  // Phases begin at even numbers, because launches are paired by their numbers.
  log.next += log.next % 2;
}

async function measureRound(
  bench: Bench,
  sides: Sides,
  order: RoundsOrder,
  round: number,
  log: MeasuringLog,
  tell: (launch: number, target: Target) => void,
): Promise<LaunchObservation[]> {
  const portions = order.schedule(round);
  const launches: LaunchObservation[] = [];
  for (const side of sides.baseline ? orderOf(bench.plan.seed, log.next) : ALONE) {
    const target = sides[side] ?? sides.candidate;
    tell(launches.length, target);
    const launch = await launchInTurn(bench, target, order, portions, log);
    launches.push(launch);
    log[side].push(launch);
    refuseFailing(target, log[side]);
    if (launches.length % BOTH.length !== 0) continue;
    // Both launches of a pair run on the same CPU.
    bench.cpus.choose(cpuTimeMs(launches.slice(-BOTH.length)));
    if (bench.now() > (order.enough ?? Number.POSITIVE_INFINITY)) break;
  }
  return launches;
}

const cpuTimeMs = (launches: readonly LaunchObservation[]): number =>
  sum(launches.map(({ launch }) => (launch.userNs + launch.systemNs) / 1e6));

/** Reports progress in seconds if a phase has time to fill, and in launches during the warm-up. */
function tellProgress(
  progress: Progress,
  order: RoundsOrder,
  { begin, now }: Pick<Course, 'begin' | 'now'>,
  round: number,
  launch: number,
  { record: { spec } }: Target,
): void {
  if (order.phase === 'warm-up') {
    progress.step(launch, LAUNCHES_PER_ROUND, spec);
    return;
  }
  const seconds = (ms: number): number => Math.round(ms / 1000);
  const total = Math.max(order.until, now) - begin;
  const detail = `launch ${round * LAUNCHES_PER_ROUND + launch + 1}, ${spec}`;
  progress.step(seconds(now - begin), seconds(total), detail);
}

async function launchInTurn(
  bench: Bench,
  target: Target,
  { phase }: Pick<RoundsOrder, 'phase'>,
  portions: readonly Portion[],
  log: MeasuringLog,
): Promise<LaunchObservation> {
  const sequence = log.next++;
  return launchProbe(bench, {
    ...{ target, sequence, cpu: bench.cpus.current },
    ...{ phase, portions },
    orderSeed: roundSeed(bench.plan.seed, sequence),
    deadlineMs: LAUNCH_DEADLINE_MS,
    processes: phase === 'tails' ? 1 : bench.plan.processesPerLaunch,
    environment: phase === 'warm-up',
    ...(phase === 'tails' ? { tails: TAIL_SAMPLES } : {}),
  });
}

/** Drawn from the plan's seed and the round, so that a schedule can be repeated. */
function orderOf(seed: number, sequence: number): SideName[] {
  const random = seededRandom(roundSeed(seed, sequence));
  const pairs = LAUNCHES_PER_ROUND / BOTH.length;
  return Array.from({ length: pairs }, () => ORDERS[random.below(ORDERS.length)] ?? BOTH).flat();
}

/** Both sides of a round share one metric order; the golden ratio spreads consecutive seeds. */
const roundSeed = (seed: number, sequence: number): number =>
  (seed + Math.imul(Math.floor(sequence / LAUNCHES_PER_ROUND), 0x9e3779b1)) >>> 0;

/** A side that never worked is given up early; one that worked before may fail more often. */
const FAILURES_AT_FIRST = 2;
const FAILURES_IN_A_ROW = 8;

function refuseFailing(target: Target, observations: readonly LaunchObservation[]): void {
  const lastGood = observations.findLastIndex(({ launch }) => launch.failure === undefined);
  const failures = observations.slice(lastGood + 1);
  const maxFailures = lastGood < 0 ? FAILURES_AT_FIRST : FAILURES_IN_A_ROW;
  const [first] = failures;
  if (failures.length >= maxFailures && first?.launch.failure !== undefined) {
    throw launchesFailed(target.record, first.launch.failure);
  }
}
