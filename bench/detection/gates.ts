import { open, readFile } from 'node:fs/promises';
import { type LaunchObservation, timedOf } from '#src/measure/launch.js';
import type { Run } from '#src/record/run.js';
import { isTimed } from '#src/record/run.js';
import { pairDifferences } from '#src/verdict/samples.js';

/** What the gate judges: candidate minus baseline, log scale. */
interface Differences {
  screen: number[];
  confirm: number[];
}

/** What other tools judge: a side's raw times, in ns per operation. */
interface RawSide {
  /** One for each launch. */
  launches: number[];
  /** All batches of the first launches together. */
  batches: number[];
}

export interface GateMetric extends Differences {
  baseline: RawSide;
  candidate: RawSide;
}

/** How the two sides of a gate differ, and what ran beside them. */
export interface Condition {
  name: string;
  /** How many filters slow down each system call of the candidate. With 0 the sides are the same. */
  filters: number;
  /** Whether a process on the same CPU is busy for half of the time. */
  neighbour: boolean;
}

/** One measured gate. Nothing else was measured meanwhile. */
export interface Gate {
  condition: Condition;
  /** In seconds. */
  budget: number;
  /**
   * What was confirmed. A real gate confirms what the screen flagged, which is enough to count false
   * alarms. The power of every metric needs a confirmation of all.
   */
  confirmed: 'flagged' | 'all';
  startedAt: string;
  metrics: Record<string, GateMetric>;
}

/** Keeps of a gate's records only what is judged here. */
export function gateOf(
  where: Pick<Gate, 'condition' | 'budget' | 'confirmed'>,
  [baseline, candidate]: readonly [Run, Run],
  [before, after]: readonly [readonly LaunchObservation[], readonly LaunchObservation[]],
): Gate {
  const metrics = candidate.metrics.flatMap((metric): [string, GateMetric][] => {
    if (!metric.gate || !isTimed(metric)) return [];
    const { id } = metric;
    const between = (phase: 'screen' | 'confirm') =>
      pairDifferences(baseline, candidate, id, phase).between.map((difference) =>
        Number(difference.toFixed(6)),
      );
    const confirm = between('confirm');
    const screen = between('screen');
    return [
      [
        id,
        {
          screen,
          confirm,
          baseline: raw(baseline, before, id),
          candidate: raw(candidate, after, id),
        },
      ],
    ];
  });
  return { ...where, startedAt: candidate.startedAt, metrics: Object.fromEntries(metrics) };
}

function raw(run: Run, observations: readonly LaunchObservation[], id: string): RawSide {
  const metric = run.metrics.find((one) => one.id === id);
  const batches = observations.flatMap(({ metrics }) => [
    ...(timedOf(metrics.get(id))?.batches.ns ?? []),
  ]);
  return {
    launches: isTimed(metric) ? metric.replicates.map(({ estimateNs }) => estimateNs) : [],
    batches: batches.map((ns) => Number(ns.toPrecision(5))),
  };
}

/** One gate a line, so that an interruption loses nothing else. */
export async function appendGate(path: string, gate: Gate): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.appendFile(`${JSON.stringify(gate)}\n`);
  } finally {
    await file.close();
  }
}

/** @returns the gates in the order in which they were measured; none if there is no file */
export async function readGates(path: string): Promise<Gate[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Gate);
}
