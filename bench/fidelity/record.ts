import type { Comparison } from './figures.ts';

/** What is known of the machine, as the probe sees it. */
export interface Machine {
  cpuModel: string;
  cpuCount: number;
  architecture: string;
  hypervisor: string;
  kernelRelease: string;
}

export type PeerRecord = { name: string; version: string } | { name: string; absent: string };

/** One operation that both measured. */
export interface PairRecord {
  ourMetric: string;
  peer: string;
  theirOperation: string;
  includes?: string;
  quiet: Comparison;
  /** With a neighbour on the same CPU that never sleeps. */
  busy?: Comparison;
}

/** What a run is held against. */
export interface Goal {
  goal: string;
  /** Absent where nothing was measured that could tell. */
  reached?: boolean;
  found: string;
}

/** The result of a run; `scripts/fidelity-table.mjs` makes the README's table of it. */
export interface Fidelity {
  schema: 'syscall-gate/fidelity';
  version: 1;
  tool: string;
  startedAt: string;
  launches: number;
  /** That a peer was asked to take for a launch. */
  seconds: number;
  cpu: number;
  machine: Machine;
  peers: PeerRecord[];
  /** One launch of all gated metrics. */
  pass: { metrics: number; medianSeconds: number };
  pairs: PairRecord[];
  skipped: { ourMetric: string; peer: string; theirOperation: string; why: string }[];
  goals: Goal[];
}
