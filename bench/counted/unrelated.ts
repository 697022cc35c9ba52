import { countSides } from '#src/measure/counting.js';
import { newIdentity } from '#src/measure/identity.js';
import type { Bench } from '#src/measure/launch.js';
import type { Run } from '#src/record/run.js';
import { parseRunnableSpec } from '#src/targets/index.js';
import { withTargets } from '#src/targets/sides.js';
import { NO_OPTIONS } from '#src/targets/spec.js';
import { isCountable } from '#src/targets/target.js';
import type { InstructionsFinding } from '#src/verdict/comparison.js';
import { compareInstructions } from '#src/verdict/instructions.js';
import { SILENT } from '../silent.ts';

/**
 * Words of a kernel's command line that no metric depends on. They move the kernel's data and change its
 * random draws, as a change to an unrelated part of it would: other allocations at boot, other sizes of
 * memory, another time at which the probe begins.
 */
const UNRELATED: readonly string[] = [
  '',
  'log_buf_len=4M',
  'loglevel=3',
  'mem=500M',
  'mem=511M',
  'initcall_blacklist=pcspeaker_init',
  'initcall_blacklist=init_blk_tracer',
  'hugepages=4',
  'cma=16M',
  'trace_buf_size=2M',
  'ramdisk_size=4096',
  'swiotlb=4096',
  `nobody.reads=${'a'.repeat(200)}`,
];

/** As many as a gate has boots under way. */
const AT_A_TIME = 2;

/** Differences found between kernels that differ in nothing that a metric depends on. */
export interface UnrelatedChanges {
  commandLines: readonly string[];
  /** Every command line against every other. */
  pairs: number;
  /** Comparisons of a metric, and those that found a difference, or more than the margin. */
  comparisons: number;
  beyondResolution: number;
  red: number;
  /** Pairs with a red metric. */
  redPairs: number;
  metrics: UnrelatedMetric[];
}

interface UnrelatedMetric {
  id: string;
  /** Instructions, of the first command line. */
  count: number;
  /** The largest difference of a pair, as a share of the count. */
  share: number;
  /** The smallest resolution of a pair that differs at all, as a share of the count. */
  resolution: number;
  beyondResolution: number;
  red: number;
}

/** Counts the kernel under each of the command lines, and judges all pairs. */
export async function judgeUnrelated(
  bench: Bench,
  kernel: string,
  { kernelOptions }: { kernelOptions: string },
): Promise<UnrelatedChanges> {
  const runs: Run[] = [];
  for (let done = 0; done < UNRELATED.length; done += AT_A_TIME) {
    const lines = UNRELATED.slice(done, done + AT_A_TIME);
    const counted = lines.map((line) => countUnder(bench, kernel, line, kernelOptions));
    runs.push(...(await Promise.all(counted)));
  }
  const pairs = runs.flatMap((before, index) =>
    runs.slice(index + 1).map((after) => {
      const compared = compareInstructions(before, after, { alpha: 0.01, margins: [] });
      return compared?.findings ?? [];
    }),
  );
  const all = pairs.flat();
  const ids = [...new Set(all.map(({ id }) => id))];
  return {
    commandLines: UNRELATED,
    ...{ pairs: pairs.length, comparisons: all.length },
    beyondResolution: all.filter(isBeyond).length,
    red: all.filter(isRed).length,
    redPairs: pairs.filter((metrics) => metrics.some(isRed)).length,
    metrics: ids.map((id) => metricOf(all.filter((metric) => metric.id === id))),
  };
}

function metricOf(all: readonly InstructionsFinding[]): UnrelatedMetric {
  const [first] = all;
  const id = first?.id ?? '';
  const count = first?.baseline.status === 'ok' ? first.baseline.count : Number.NaN;
  const share = (instructions: number) => Number((instructions / count).toPrecision(2));
  const different = all.filter(({ difference }) => difference !== 0);
  return {
    ...{ id, count: Number(count.toFixed(3)) },
    share: share(Math.max(...all.map(({ difference }) => Math.abs(difference ?? 0)))),
    resolution:
      different.length === 0
        ? 0
        : share(Math.min(...different.map(({ resolution }) => resolution ?? 0))),
    beyondResolution: all.filter(isBeyond).length,
    red: all.filter(isRed).length,
  };
}

const isRed = ({ verdict }: InstructionsFinding): boolean =>
  verdict !== 'unchanged' && verdict !== 'incomparable';

const isBeyond = (metric: InstructionsFinding): boolean =>
  Math.abs(metric.difference ?? 0) > (metric.resolution ?? 0);

function countUnder(
  bench: Bench,
  kernel: string,
  line: string,
  kernelOptions: string,
): Promise<Run> {
  const spec = parseRunnableSpec(`kernel:${kernel} ${line}`.trim(), {
    input: 'kernel',
    options: { ...NO_OPTIONS, kernelOptions },
  });
  const opening = { progress: SILENT, evidence: 'counted' } as const;
  return withTargets({ candidate: spec }, bench, opening, async ({ candidate }) => {
    if (!isCountable(candidate)) throw new Error('Its instructions cannot be counted.');
    const counts = await countSides(bench, { candidate }, SILENT);
    return counts.candidate.run(newIdentity());
  });
}
