import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { isInstructionsReport } from '#src/record/finding.js';
import { judgeGate } from './gates.ts';
import type { Phase } from './phases.ts';

/** Results of gates that compare a kernel with its copy. */
export interface SameKernel {
  gates: number;
  /** How many of them were not `unchanged`. */
  notUnchanged: number;
  metrics: number;
  /** Metrics, over all gates, that differed by more than their resolution. */
  beyondResolution: number;
  /** Instructions. */
  largestDifference: number;
  /** Of the typical gate: its wall time, and that of its phases in the last gate. */
  secondsPerGate: number;
  phases: Phase[];
}

/** Gates a kernel against its copy in another folder, all metrics, as often as is asked for. */
export async function gateCopies(
  kernel: string,
  gates: number,
  { kernelOptions, folder, signal }: { kernelOptions: string; folder: string; signal: AbortSignal },
): Promise<SameKernel> {
  const copies = ['base', 'head'].map((side) => join(folder, side, 'kernel'));
  for (const copy of copies) {
    await mkdir(join(copy, '..'), { recursive: true });
    await copyFile(kernel, copy);
  }
  const [baseline = '', candidate = ''] = copies.map((copy) => `kernel:${copy}`);
  const judging = { kernelOptions, folder, signal, metrics: '', evidence: 'counted' } as const;
  const results = [];
  for (let done = 0; done < gates; done++) {
    results.push(await judgeGate({ ...judging, baseline, candidate }));
  }
  const metrics = results.flatMap(({ report }) => report.findings.filter(isInstructionsReport));
  const sizes = metrics.map(({ difference }) => Math.abs(difference ?? Number.POSITIVE_INFINITY));
  return {
    gates,
    notUnchanged: results.filter(({ report }) => report.verdict !== 'unchanged').length,
    metrics: metrics.length / gates,
    beyondResolution: metrics.filter(
      ({ difference, resolution }) => !(Math.abs(difference ?? Number.NaN) <= (resolution ?? 0)),
    ).length,
    largestDifference: Math.max(...sizes),
    secondsPerGate: median(results.map(({ seconds }) => seconds)),
    phases: results.at(-1)?.phases ?? [],
  };
}
