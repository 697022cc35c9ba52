import { join } from 'node:path';
import { parseConfig } from '#src/config/inputs.js';
import { gate } from '#src/flows/gate.js';
import type { Report } from '#src/record/report.js';
import { type Phase, PhaseClock } from './phases.ts';

export interface Judging {
  /** Two specs of kernels. */
  baseline: string;
  candidate: string;
  /** Globs; empty for all. */
  metrics: string;
  kernelOptions: string;
  evidence: 'counted' | 'timed';
  /** Of timing. */
  duration?: string;
  /** For what is written. */
  folder: string;
  signal: AbortSignal;
}

export interface JudgedGate {
  report: Report;
  seconds: number;
  phases: Phase[];
}

/** The whole gate, from the compiler to the report. */
export async function judgeGate({ folder, signal, ...inputs }: Judging): Promise<JudgedGate> {
  const clock = new PhaseClock();
  const config = parseConfig({ ...inputs, out: join(folder, inputs.evidence), failOn: 'never' });
  const begin = performance.now();
  const { report } = await gate(config, { progress: clock, signal });
  const seconds = Math.round((performance.now() - begin) / 1000);
  return { report, seconds, phases: clock.phases };
}
