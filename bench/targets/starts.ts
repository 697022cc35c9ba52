import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from 'simple-statistics';
import type { Bench } from '#src/measure/launch.js';
import type { LaunchResult } from '#src/probe/addon.js';
import { parseWire, planArguments } from '#src/probe/wire.js';
import { openTarget, parseRunnableSpec } from '#src/targets/index.js';
import { targetToolsOf } from '#src/targets/sides.js';
import { NO_OPTIONS } from '#src/targets/spec.js';
import type { Target } from '#src/targets/target.js';
import { SILENT } from '../silent.ts';
import type { Kind } from './kinds.ts';

/** Quartiles of what a start took, in ms. */
interface Times {
  quarterMs: number;
  medianMs: number;
  threeQuartersMs: number;
}

export interface TimedKind {
  spec: string;
  facts: Readonly<Record<string, string>>;
  ours: Times;
  peer?: Times & { command: string };
}

interface StartsOrder {
  bench: Bench;
  engine: string;
  folder: string;
  /** Of each kind and peer. */
  starts: number;
}

/** Of a start that hangs. */
const DEADLINE_MS = 120_000;

interface Runner {
  kind: Kind;
  target: Target;
  ours: number[];
  peer: number[];
}

/**
 * Times starts of the probe with a plan that takes less than a millisecond, and those of the peers, in
 * turn: what a machine is busy with meets all of them alike.
 */
export async function timeStarts(order: StartsOrder, kinds: readonly Kind[]): Promise<TimedKind[]> {
  const runners: Runner[] = [];
  try {
    for (const kind of kinds) runners.push(await openRunner(order, kind, runners.length));
    for (let start = 0; start < order.starts; start++) {
      for (const runner of runners) await timeOnce(order.bench, runner);
    }
    return runners.map(summary);
  } finally {
    for (const { target } of runners) await target.close?.();
  }
}

async function openRunner(order: StartsOrder, kind: Kind, index: number): Promise<Runner> {
  const { bench, engine } = order;
  const options = { ...NO_OPTIONS, containerEngine: engine };
  const folder = join(order.folder, String(index));
  await mkdir(folder);
  const spec = parseRunnableSpec(kind.spec, { input: 'spec', options });
  const target = await openTarget(spec, {
    ...targetToolsOf(bench),
    folder,
    progress: SILENT,
    evidence: 'timed',
  });
  return { kind, target, ours: [], peer: [] };
}

async function timeOnce(bench: Bench, { kind, target, ours, peer }: Runner): Promise<void> {
  const memory = target.results === 'memory';
  const start = await target.start(
    planArguments({
      ...{ metrics: [{ id: 'syscall.null', rounds: 1 }], batches: 1, batchUs: 100, seed: 1 },
      ...{ cpu: bench.plan.cpu, deadlineMs: DEADLINE_MS, environment: false },
      ...(memory ? { resultsFd: 3 } : {}),
    }),
  );
  const result = await launch(bench, { ...start, results: target.results });
  if (!parseWire(result.results).complete) throw new Error(`${kind.spec}: ${result.stderr}`);
  ours.push(result.wallNs / 1e6);
  if (kind.peer === undefined) return;
  const other = await launch(bench, { argv: [...kind.peer], results: 'stdout' });
  if (other.exitCode !== 0) throw new Error(`${kind.peer.join(' ')}: ${other.stderr}`);
  peer.push(other.wallNs / 1e6);
}

async function launch(
  { addon, plan, signal }: Bench,
  what: { argv: string[]; results: Target['results'] },
): Promise<LaunchResult> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', LC_ALL: 'C' };
  const result = await addon.launch({ ...what, env, cpu: plan.cpu, deadlineMs: DEADLINE_MS });
  signal.throwIfAborted();
  return result;
}

function summary({ kind, target, ours, peer }: Runner): TimedKind {
  return {
    spec: kind.spec,
    facts: target.record.facts ?? {},
    ours: timesOf(ours),
    ...(kind.peer ? { peer: { command: kind.peer.join(' '), ...timesOf(peer) } } : {}),
  };
}

const timesOf = (ms: readonly number[]): Times => {
  const at = (share: number): number => Number(quantile([...ms], share).toPrecision(4));
  return { quarterMs: at(0.25), medianMs: at(0.5), threeQuartersMs: at(0.75) };
};
