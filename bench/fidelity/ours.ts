import { randomInt } from 'node:crypto';
import { median } from 'simple-statistics';
import { buildProbe, readCatalogue } from '#src/build/build.js';
import { loadAddon } from '#src/build/native.js';
import { quietestCpu } from '#src/measure/cpu.js';
import { estimateReplicate } from '#src/measure/estimate.js';
import { type Bench, type LaunchObservation, launchProbe } from '#src/measure/launch.js';
import { makePlan } from '#src/measure/plan.js';
import type { MetricEntry } from '#src/probe/catalogue.js';
import { KERNEL_DEFAULTS } from '#src/targets/kernel/options.js';
import { withTargets } from '#src/targets/sides.js';
import { SILENT } from '../silent.ts';

const HOST = { kind: 'host', spec: 'host', options: KERNEL_DEFAULTS } as const;

const DEADLINE_MS = 60_000;

/** Compiles the probe, and plans launches of it as the program itself does. */
export async function prepareOurs(signal: AbortSignal): Promise<Bench> {
  const built = await buildProbe({ signal });
  const { metrics } = await readCatalogue(built.probe);
  const addon = loadAddon(built.addon);
  signal.addEventListener('abort', () => addon.cancelAll(), { once: true });
  const now = () => performance.now();
  const cpus = await quietestCpu(addon, now);
  const plan = makePlan(metrics, randomInt(2 ** 32), cpus.current);
  return { addon, now, probe: built.probe, plan, cpus, signal };
}

/**
 * What stands for one launch of a peer: fresh probe processes of one metric, one after the other for
 * as long as that takes.
 *
 * @returns the median of their estimates, ns of one operation; nothing is subtracted from them or
 *   divided by the control loop
 */
export async function launchOurs(
  bench: Bench,
  metric: MetricEntry,
  seconds: number,
): Promise<number> {
  const end = performance.now() + 1000 * seconds;
  const estimates: number[] = [];
  do estimates.push(await estimate(bench, metric));
  while (performance.now() < end);
  return median(estimates);
}

async function estimate(bench: Bench, metric: MetricEntry): Promise<number> {
  const { launch, metrics } = await launchOnce(bench, [metric]);
  const observation = metrics.get(metric.id);
  if (observation?.status !== 'ok') {
    const reason = observation && `${observation.reason.operation}: ${observation.reason.message}`;
    throw new Error(`${metric.id} has no number (${reason ?? launch.failure})`);
  }
  if (observation.kind === 'timed') {
    const estimate = estimateReplicate(observation.batches, { sleeps: metric.waits });
    if (estimate !== undefined) return estimate.estimateNs;
  }
  throw new Error(`${metric.id} is counted, not timed`);
}

/** Seconds that one launch of all gated metrics takes, each time; and what the probe sees of here. */
export async function timePasses(bench: Bench, passes: number) {
  const gated = bench.plan.metrics.filter(({ gate }) => gate);
  const launches: LaunchObservation[] = [];
  while (launches.length < passes) launches.push(await launchOnce(bench, gated));
  const [environment] = launches.flatMap((launch) => launch.environment ?? []);
  const failure = launches.find(({ launch }) => launch.failure)?.launch.failure;
  if (environment === undefined || failure) throw new Error(`the probe failed: ${failure}`);
  const seconds = launches.map(({ launch }) => launch.wallNs / 1e9);
  return { metrics: gated.length, seconds, environment };
}

const launchOnce = (bench: Bench, metrics: readonly MetricEntry[]): Promise<LaunchObservation> =>
  withTargets({ candidate: HOST }, bench, { progress: SILENT }, ({ candidate }) =>
    launchProbe(bench, {
      ...{ target: candidate, sequence: 0, phase: 'screen' },
      portions: metrics.map((metric) => ({ metric, rounds: bench.plan.roundsPerLaunch })),
      ...{ orderSeed: randomInt(2 ** 32), deadlineMs: DEADLINE_MS, processes: 1 },
      environment: true,
    }),
  );
