import { sum } from 'simple-statistics';
import { measurementFailure } from '../failure.js';
import type { Addon, LaunchResult } from '../probe/addon.js';
import type { MetricEntry } from '../probe/catalogue.js';
import {
  type Environment,
  type Hello,
  oneLine,
  type WireMetric,
  type WireTail,
  type WireTails,
} from '../probe/lines.js';
import { parseWire, planArguments, type WireOutput } from '../probe/wire.js';
import type { Reason, Unavailable } from '../record/metric-status.js';
import type { Launch } from '../record/run.js';
import type { Target } from '../targets/target.js';
import { type Batches, batchesOf } from './batches.js';
import type { CpuChoice } from './cpu.js';
import { type AgreedCount, agreeOn } from './estimate.js';
import type { Plan, Portion } from './plan.js';

/** What a measuring session needs: the compiled parts, the plan, and the signal to stop. */
export interface Bench {
  addon: Pick<Addon, 'launch'>;
  /** The clock of the time budget, ms: `performance.now` outside of tests. */
  now: () => number;
  probe: string;
  plan: Plan;
  /** The CPU of pairs of launches, which may change between two of them. */
  cpus: CpuChoice;
  signal: AbortSignal;
}

interface TimedObservation {
  status: 'ok';
  kind: 'timed';
  batches: Batches;
  elapsedNs: number;
  details: Details;
}

export type Observation =
  | TimedObservation
  | { status: 'ok'; kind: 'counted'; count: AgreedCount; details: Details }
  | { status: Unavailable; reason: Reason };

/**
 * Further facts about a metric, by name. `elapsedNs` is the metric's time in the launch, with its
 * setups and teardowns.
 */
export type Details = Record<string, number>;

/** One launch of the probe: its accounting, and its result for each metric that was asked for. */
export interface LaunchObservation {
  launch: Launch;
  environment?: Environment;
  catalogue?: number;
  /** The CPU that it really ran on, which a target may choose, and whether it was pinned there. */
  placement?: { cpu: number; pinned: boolean };
  metrics: Map<string, Observation>;
  /** The metrics round by round, in the order in which they ran. */
  turns?: Turn[];
  /** In place of metrics, from a launch that timed single operations. */
  tails?: { with: WireTails; metrics: WireTail[] };
}

/** One metric in one round. */
interface Turn {
  id: string;
  /** 0 if it has none. */
  batches: number;
  /** Operations in each batch. */
  operations: number;
  /** Runs without an operation before the batches. The smallest is subtracted from each batch. */
  emptyRuns: number;
}

/** The times of a metric in a launch; undefined if it has none. */
export const timedOf = (observation: Observation | undefined): TimedObservation | undefined =>
  observation?.status === 'ok' && observation.kind === 'timed' ? observation : undefined;

/** The batches of every timed metric of a launch. */
export const timedBatches = ({ metrics }: LaunchObservation): Batches[] =>
  [...metrics.values()].flatMap((one) => timedOf(one)?.batches ?? []);

export interface LaunchOrder {
  target: Target;
  sequence: number;
  phase: Launch['phase'];
  portions: readonly Portion[];
  /** Seed of the metric order inside the launch; both sides of a pair share it. */
  orderSeed: number;
  /** For one process. */
  deadlineMs: number;
  /** The CPU to pin it to; the plan's if undefined. */
  cpu?: number;
  /** How many processes of the probe it runs, one after another. */
  processes: number;
  environment: boolean;
  /** How many single operations of each metric to time, instead of batches. */
  tails?: number;
  /** Whether its clock counts instructions. */
  instructions?: boolean;
}

/** The launcher kills only after the probe gave up, so that a slow metric gets its own status. */
const LAUNCHER_GRACE_MS = 2000;

const RESULTS_FD = 3;

/** Launches the probe once in a target. A launch that fails is an observation, not an exception. */
export async function launchProbe(bench: Bench, order: LaunchOrder): Promise<LaunchObservation> {
  bench.signal.throwIfAborted();
  const { target } = order;
  const memory = target.results === 'memory';
  const start = await target.start(probeArguments(bench.plan, order, memory));
  const launched = bench.addon.launch({
    ...start,
    env: target.environment(process.env),
    cpu: order.cpu ?? bench.plan.cpu,
    deadlineMs:
      (target.startDeadlineMs ?? 0) + order.processes * order.deadlineMs + LAUNCHER_GRACE_MS,
    results: target.results,
  });
  const result = await launched.catch((error: unknown) => {
    bench.signal.throwIfAborted();
    throw launchError(start.argv[0] ?? '', error);
  });
  bench.signal.throwIfAborted();
  return observe(order, result);
}

function launchError(program: string, error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && 'syscall' in error && error.syscall === 'kill') {
    return measurementFailure(
      `The command "${program}" passed its deadline and could not be ended, since it runs with more rights than this user has: run syscall-gate itself with those rights.`,
      error,
    );
  }
  return measurementFailure(
    `The command "${program}" could not be started (${why}): check that it is installed and executable.`,
    error,
  );
}

const probeArguments = (plan: Plan, order: LaunchOrder, memory: boolean): string[] =>
  planArguments({
    metrics: order.portions.map(({ metric, rounds }) => ({ id: metric.id, rounds })),
    batches: plan.batchesPerRound,
    batchUs: plan.batchUs,
    seed: order.orderSeed,
    cpu: order.target.cpu ?? order.cpu ?? plan.cpu,
    deadlineMs: order.deadlineMs,
    environment: order.environment,
    ...(order.processes === 1 ? {} : { launches: order.processes }),
    ...(order.tails === undefined ? {} : { tails: order.tails }),
    ...(order.instructions ? { instructions: true } : {}),
    ...(memory ? { resultsFd: RESULTS_FD } : {}),
  });

function observe(order: LaunchOrder, result: LaunchResult): LaunchObservation {
  const wire = parseWire(result.results, order.processes);
  const failure = launchFailure(order.target, result, wire);
  return {
    launch: {
      sequence: order.sequence,
      phase: order.phase,
      wallNs: result.wallNs,
      userNs: result.userNs,
      systemNs: result.systemNs,
      stolenNs: result.stolenNs,
      involuntarySwitches: result.involuntarySwitches,
      ...(failure === undefined ? {} : { failure: failure.slice(0, 500) }),
    },
    ...(wire.hello?.environment ? { environment: wire.hello.environment } : {}),
    ...(wire.hello ? fromHello(wire.hello) : {}),
    ...(failure === undefined && wire.tails
      ? { tails: { with: wire.tails, metrics: asked(order.portions, wire.tail) } }
      : {}),
    metrics: failure === undefined && !wire.tails ? observeMetrics(order, wire.metrics) : new Map(),
    turns: wire.metrics.map(turnOf),
  };
}

const turnOf = (line: WireMetric): Turn =>
  'batches' in line
    ? {
        ...{ id: line.id, batches: line.batches.wallNs.length },
        ...{ operations: line.batches.operations, emptyRuns: line.batches.emptyRuns ?? 0 },
      }
    : { id: line.id, batches: 0, operations: 0, emptyRuns: 0 };

/** Only tails of metrics that were asked for: another definition is another metric. */
const asked = (portions: readonly Portion[], tails: readonly WireTail[]): WireTail[] =>
  tails.filter((tail) =>
    portions.some(({ metric: { id, version } }) => id === tail.id && version === tail.version),
  );

const fromHello = ({ catalogue, cpu, pinned }: Hello) => ({
  catalogue,
  placement: { cpu, pinned },
});

/** One clause that says why a launch does not count, or undefined when it does. */
function launchFailure(target: Target, result: LaunchResult, wire: WireOutput): string | undefined {
  const explained = wire.complete ? undefined : target.explain?.(result);
  if (explained !== undefined) return explained;
  const said = oneLine(result.stderr.trim().split('\n').at(-1) ?? '');
  const because = said ? `, saying "${said}"` : '';
  if (result.timedOut) return `it did not end before its deadline${because}`;
  if (wire.hello !== undefined && wire.problem !== undefined) return wire.problem;
  if (result.signal !== 0) return `it was ended by signal ${result.signal}${because}`;
  if (wire.complete) return undefined;
  if (result.truncated) return 'it wrote more than a launch may';
  const where = wire.hello === undefined ? 'without any result' : 'before its last result';
  return `it ended with exit code ${result.exitCode} ${where}${because}`;
}

function observeMetrics(
  { portions }: LaunchOrder,
  wire: readonly ProcessMetric[],
): Map<string, Observation> {
  const rounds = new Map<string, ProcessMetric[]>();
  for (const line of wire) rounds.set(line.id, [...(rounds.get(line.id) ?? []), line]);
  return new Map(
    portions.map(({ metric }) => [metric.id, observeMetric(metric, rounds.get(metric.id) ?? [])]),
  );
}

type ProcessMetric = WireOutput['metrics'][number];

function observeMetric(entry: MetricEntry, rounds: readonly ProcessMetric[]): Observation {
  const other = rounds.find((round) => round.version !== entry.version);
  if (other !== undefined) return otherDefinition(entry.version, other.version);
  const unavailable = rounds.find((round) => round.status !== 'ok');
  if (unavailable !== undefined) {
    return { status: unavailable.status, reason: unavailable.reason };
  }
  const details = Object.assign(
    {},
    ...rounds.map((round) => round.status === 'ok' && round.details),
  );
  if (entry.unit === 'count') {
    const counts = rounds.flatMap((round) => ('counts' in round ? round.counts : []));
    if (counts.length === 0) return missing;
    return { status: 'ok', kind: 'counted', count: agreeOn(counts), details };
  }
  const batches = rounds.flatMap((round) =>
    'batches' in round ? [{ ...round.batches, process: round.process }] : [],
  );
  if (batches.length === 0) return missing;
  const elapsedNs = sum(rounds.map((round) => round.elapsedNs));
  return { status: 'ok', kind: 'timed', batches: batchesOf(batches), elapsedNs, details };
}

/** A command may start a probe of another release. */
const otherDefinition = (ours: number, theirs: number): Observation => ({
  status: 'unmeasured',
  reason: {
    operation: 'measure',
    errno: 0,
    message: `the probe there has definition ${theirs} of it and this one has ${ours}`,
  },
});

const missing: Observation = {
  status: 'unmeasured',
  reason: { operation: 'measure', errno: 0, message: 'the probe reported nothing for it' },
};
