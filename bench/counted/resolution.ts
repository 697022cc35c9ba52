import { median } from 'simple-statistics';
import { countSides, isCountable } from '#src/measure/counting.js';
import type { Bench } from '#src/measure/launch.js';
import type { InstructionMetric } from '#src/record/instructions.js';
import { parseRunnableSpec } from '#src/targets/index.js';
import { withTargets } from '#src/targets/sides.js';
import { SILENT } from '../silent.ts';

export interface Resolution {
  facts: Readonly<Record<string, string>> | undefined;
  boots: number;
  seeds: number;
  secondsPerBoot: number;
  metrics: MetricResolution[];
}

export type MetricResolution =
  | {
      id: string;
      /** Instructions an operation: the median over the boots. */
      count: number;
      /** How far boots with one seed lie apart at most. */
      repeats: number;
      /** How far any two boots lie apart. */
      seeds: number;
      /** … as a share of the count. */
      share: number;
    }
  | { id: string; why: string };

/** Boots a kernel with half as many seeds as boots, all of them twice. */
export async function resolutionOf(
  bench: Bench,
  kernel: string,
  options: { boots: number; kernelOptions: string },
): Promise<Resolution> {
  const seeds = Array.from({ length: Math.ceil(options.boots / 2) }, (_, index) => index + 1);
  const spec = parseRunnableSpec(`kernel:${kernel}`, {
    input: 'kernel',
    options: { containerEngine: '', kernelOptions: options.kernelOptions },
  });
  const opening = { progress: SILENT, evidence: 'counted' } as const;
  return withTargets({ candidate: spec }, bench, opening, async ({ candidate }) => {
    if (!isCountable(candidate)) throw new Error('Its instructions cannot be counted.');
    const begin = performance.now();
    const order = [...seeds, ...seeds];
    const counts = await countSides(bench, { candidate }, SILENT, order);
    const seconds = (performance.now() - begin) / 1000;
    const { metrics } = counts.candidate.instructions;
    return {
      facts: candidate.record.facts,
      ...{ boots: order.length, seeds: seeds.length },
      secondsPerBoot: Number((seconds / order.length).toFixed(1)),
      metrics: metrics.map((metric) => metricResolution(metric, seeds.length)),
    };
  });
}

function metricResolution(metric: InstructionMetric, seeds: number): MetricResolution {
  const { id } = metric;
  if (metric.status !== 'ok') return { id, why: metric.status };
  const { boots } = metric;
  const count = median(boots);
  const first = boots.slice(0, seeds);
  const again = boots.slice(seeds).map((boot, index) => Math.abs(boot - (first[index] ?? boot)));
  const apart = Math.max(...boots) - Math.min(...boots);
  return {
    ...{ id, count: rounded(count), repeats: rounded(Math.max(...again)), seeds: rounded(apart) },
    share: Number((apart / count).toPrecision(2)),
  };
}

/** A thousandth of an instruction, as counts are recorded. */
const rounded = (count: number): number => Number(count.toFixed(3));
