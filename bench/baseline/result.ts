import type { Run } from '#src/record/run.js';
import type { Records } from './records.ts';
import { RULES } from './rules.ts';
import { type Segments, segments } from './segments.ts';
import { type Figures, STORED, walk } from './walk.ts';

/** What stored runs show. `scripts/baseline-table.mjs` makes docs/baseline.md from it. */
export interface Baseline {
  schema: 'syscall-gate/baseline';
  version: 2;
  tool: string;
  startedAt: string;
  /** Single metrics are changed in every n-th unchanged run. */
  every: number;
  series: Series[];
}

/** One folder of records. */
interface Series {
  machine: { cpuModel: string; cpuCount: number; kernelRelease: string; hypervisor: string };
  from: string;
  to: string;
  unchanged: number;
  slowed: number;
  figures: Figures[];
  segments: Segments[];
}

export function judgeSeries(
  records: Records,
  every: number,
  progress: (words: string) => void,
): Series {
  const { unchanged, slowed } = records;
  const [first, last] = [unchanged[0], unchanged.at(-1)];
  if (first === undefined || last === undefined) throw new Error('There are no unchanged runs.');
  return {
    ...{ machine: machineOf(first), from: first.startedAt, to: last.startedAt },
    ...{ unchanged: unchanged.length, slowed: slowed.length },
    figures: RULES.flatMap((rule) =>
      STORED.map((stored) => {
        progress(`${rule.of}, ${stored} stored runs`);
        return walk(records, rule, stored, every);
      }),
    ),
    segments: RULES.map((rule) => segments(unchanged, rule)),
  };
}

function machineOf({ platform, subject: { kernelRelease } }: Run): Series['machine'] {
  const { cpuModel, cpuCount, hypervisor } = platform;
  return { cpuModel, cpuCount, hypervisor, kernelRelease };
}
