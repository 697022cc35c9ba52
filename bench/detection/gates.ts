import { open, readFile } from 'node:fs/promises';
import { type LaunchObservation, timedOf } from '#src/measure/launch.js';
import type { Run } from '#src/record/run.js';
import { isTimed } from '#src/record/run.js';
import { pairDifferences } from '#src/verdict/samples.js';

/** Log scale, candidate minus baseline: what the gate itself judges. */
interface Differences {
  screen: number[];
  confirm: number[];
}

/** A side's raw numbers, ns per operation as the clock read them: what other tools judge. */
interface RawSide {
  /** One for each launch. */
  launches: number[];
  /** Those of the first launches, all in one bag. */
  batches: number[];
}

export interface GateMetric extends Differences {
  baseline: RawSide;
  candidate: RawSide;
}

/** How the two sides of a gate differ, and what ran beside them. */
export interface Condition {
  name: string;
  /** Filters that make each system call of the candidate slower; 0: the sides are the same. */
  filters: number;
  /** A process on the same CPU that is busy for half of the time. */
  neighbour: boolean;
}

/** One measured gate: a contiguous period that no other gate shares. */
export interface Gate {
  condition: Condition;
  /** The time budget that it was given, in seconds. */
  budget: number;
  /**
   * What was measured afresh after the screen: as in a real gate what it flagged, which is all that
   * false alarms ask for, or everything, so that each metric can have been the flagged one.
   */
  confirmed: 'flagged' | 'all';
  startedAt: string;
  metrics: Record<string, GateMetric>;
}

/** What a gate keeps of its records. */
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

/** One gate a line, so that a collection that was interrupted is a shorter one. */
export async function appendGate(path: string, gate: Gate): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.appendFile(`${JSON.stringify(gate)}\n`);
  } finally {
    await file.close();
  }
}

/** @returns the gates of a collection in the order they were measured; none where there is no file */
export async function readGates(path: string): Promise<Gate[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Gate);
}
