import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { goalOf, screenAndConfirm } from '#src/gather/timing.js';
import { prepareBench } from '#src/measure/bench.js';
import { bothIdentities } from '#src/measure/identity.js';
import type { Bench } from '#src/measure/launch.js';
import { Session } from '#src/measure/session.js';
import type { Run } from '#src/record/run.js';
import { KERNEL_DEFAULTS } from '#src/targets/kernel/options.js';
import { withTargets } from '#src/targets/sides.js';
import type { RunnableSpec } from '#src/targets/spec.js';
import type { JudgingSettings } from '#src/verdict/settings.js';
import { besidePinned } from '../process.ts';
import { SILENT } from '../silent.ts';
import { type Gate, gateOf } from './gates.ts';

/** Margin of every gated metric here. Some metrics need a larger one. */
export const MARGIN = 0.01;
export const ALPHA = 0.01;

/**
 * Pairs where all metrics are confirmed. A real gate confirms only the flagged metrics, with many
 * more pairs each. Here any metric may be the flagged one.
 */
const CONFIRM_PAIRS = 16;

/**
 * Share of the budget for confirming all metrics: as much as the screen has. A real gate confirms a
 * few metrics in a fifth of the budget.
 */
const CONFIRM_SHARE = 0.8;

/** Busy for 10 ms, then asleep for 10 ms: work beside a hosted runner is seldom a plain loop. */
const NEIGHBOUR = [
  process.execPath,
  '--eval',
  'setInterval(() => { for (const end = Date.now() + 10; Date.now() < end; ); }, 20)',
];
const NEIGHBOUR_LIMIT_S = 600;

export type Order = Pick<Gate, 'condition' | 'budget' | 'confirmed'>;

interface Collector {
  measure(order: Order): Promise<Gate>;
}

/** @param folder gets the compiled slowdown, and is an empty working directory for a neighbour */
export async function prepareCollector(signal: AbortSignal, folder: string): Promise<Collector> {
  const slowdown = join(folder, 'slowdown');
  const source = join(import.meta.dirname, '..', '..', 'test', 'native', 'slowdown.c');
  await promisify(execFile)('cc', ['-O2', '-o', slowdown, source]);
  const selection = { metrics: [], margins: [], seed: randomInt(2 ** 32) };
  const bench = await prepareBench(selection, { signal, progress: SILENT });
  const gated = bench.plan.metrics.filter(({ gate }) => gate);
  return {
    measure(order) {
      const plan = { ...bench.plan, metrics: gated, seed: randomInt(2 ** 32) };
      const work = () => measureGate({ ...bench, plan }, order, slowdown);
      if (!order.condition.neighbour) return work();
      const host = { cpu: bench.plan.cpu, folder, signal };
      return besidePinned(host, { argv: NEIGHBOUR }, work, NEIGHBOUR_LIMIT_S);
    },
  };
}

/** Measures a gate as the program does, without tails. All metrics may be confirmed. */
async function measureGate(bench: Bench, order: Order, slowdown: string): Promise<Gate> {
  const { condition, budget } = order;
  const baseline: RunnableSpec = { kind: 'host', spec: 'host', options: KERNEL_DEFAULTS };
  const candidate = condition.filters === 0 ? baseline : slowed(slowdown, condition.filters);
  return withTargets({ baseline, candidate }, bench, { progress: SILENT }, async (sides) => {
    const session = new Session(bench, sides, budget * 1000, SILENT);
    return measureSession(session, bench, order);
  });
}

async function measureSession(session: Session, bench: Bench, order: Order): Promise<Gate> {
  const settings = settingsFor(bench);
  const [before, after] = bothIdentities();
  const runs = (): [Run, Run] => [session.baselineRun(before), session.candidateRun(after)];
  await session.warmUp();
  if (order.confirmed === 'flagged') {
    const both = await screenAndConfirm(session, runs, settings, SILENT);
    return gateOf(order, both, session.observations());
  }
  await session.screen({ goal: goalOf(settings, MARGIN) });
  const ids = bench.plan.metrics.map(({ id }) => id);
  const until = performance.now() + CONFIRM_SHARE * 1000 * order.budget;
  await session.confirmUntil(until, ids, CONFIRM_PAIRS);
  return gateOf(order, runs(), session.observations());
}

function settingsFor({ plan }: Bench): JudgingSettings {
  const margins = plan.metrics.map(({ id, leastMarginPercent }) => ({
    glob: id,
    ratio: Math.max(MARGIN, leastMarginPercent / 100),
  }));
  return { alpha: ALPHA, margins };
}

const slowed = (slowdown: string, filters: number): RunnableSpec => {
  const argv = [slowdown, String(filters), '{probe}'];
  return { kind: 'command', spec: `command:${argv.join(' ')}`, argv };
};
