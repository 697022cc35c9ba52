import { join } from 'node:path';
import { parseConfig } from '#src/config/inputs.js';
import { gate } from '#src/gate.js';
import type { Report } from '#src/report/report.js';
import { SILENT } from '../silent.ts';

/** Two command lines of one kernel. */
export interface Change {
  baseline: string;
  candidate: string;
}

export interface ChangeResult extends Change {
  counted: { seconds: number; metrics: CountedChange[] };
  timed?: { seconds: number; metrics: TimedChange[] };
}

interface CountedChange {
  id: string;
  verdict: string;
  /** Instructions an operation; none where one side could not be counted. */
  difference: number | null;
  resolution: number | null;
  calls: string[];
  remainder: number | null;
}

interface TimedChange {
  id: string;
  verdict: string;
  change: Report['metrics'][number]['change'];
  mde80: number | null;
}

interface Judging {
  kernel: string;
  change: Change;
  metrics: string;
  kernelOptions: string;
  /** Of timing; `0` for none. */
  duration: string;
  folder: string;
  signal: AbortSignal;
}

/** The whole gate over one change, by what it counts and then by what it times. */
export async function judgeChange(judging: Judging): Promise<ChangeResult> {
  const counted = await gateOf(judging, 'counted');
  const differing = countedChanges(counted.report);
  if (judging.duration === '0') {
    return { ...judging.change, counted: { seconds: counted.seconds, metrics: differing } };
  }
  const timed = await gateOf(judging, 'timed');
  return {
    ...judging.change,
    counted: { seconds: counted.seconds, metrics: differing },
    timed: { seconds: timed.seconds, metrics: timedChanges(timed.report) },
  };
}

async function gateOf(
  { kernel, change, metrics, kernelOptions, duration, folder, signal }: Judging,
  evidence: 'counted' | 'timed',
): Promise<{ report: Report; seconds: number }> {
  const spec = (line: string) => `kernel:${kernel} ${line}`.trim();
  const sides = { baseline: spec(change.baseline), candidate: spec(change.candidate) };
  const time = evidence === 'timed' ? { duration } : {};
  const out = join(folder, evidence);
  const inputs = { ...sides, ...time, metrics, kernelOptions, evidence, out, failOn: 'never' };
  const begin = performance.now();
  const { report } = await gate(parseConfig(inputs), { progress: SILENT, signal });
  return { report, seconds: Math.round((performance.now() - begin) / 1000) };
}

const countedChanges = ({ counted }: Report): CountedChange[] =>
  (counted?.metrics ?? []).map(({ id, verdict, difference, resolution, calls, remainder }) => ({
    ...{ id, verdict, difference, resolution, remainder },
    calls: (calls ?? []).map(
      (call) => `${call.difference > 0 ? '+' : ''}${call.difference} ${call.name} (${call.change})`,
    ),
  }));

const timedChanges = ({ metrics }: Report): TimedChange[] =>
  metrics
    .filter(({ gate: gated }) => gated)
    .map(({ id, verdict, change, mde80 }) => ({ id, verdict, change, mde80 }));
