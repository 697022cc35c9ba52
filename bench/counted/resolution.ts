import { median } from 'simple-statistics';
import { countSides } from '#src/measure/counting.js';
import type { Bench } from '#src/measure/launch.js';
import type { InstructionMetric } from '#src/record/instructions.js';
import { parseRunnableSpec } from '#src/targets/index.js';
import { withTargets } from '#src/targets/sides.js';
import { NO_OPTIONS } from '#src/targets/spec.js';
import { isCountable } from '#src/targets/target.js';
import { SILENT } from '../silent.ts';

export interface Resolution {
  facts: Readonly<Record<string, string>> | undefined;
  boots: number;
  seeds: number;
  secondsPerBoot: number;
  metrics: MetricResolution[];
}

type MetricResolution =
  | {
      id: string;
      /** Instructions per operation: the median over the boots. */
      count: number;
      /** The largest difference of boots with one seed. */
      repeats: number;
      /** The largest difference of any two boots. */
      seeds: number;
      /** … as a share of the count. */
      share: number;
    }
  | { id: string; why: string };

/** Boots a kernel with half as many seeds as boots, all of them twice, both at a time. */
export async function resolutionOf(
  bench: Bench,
  kernel: string,
  options: { boots: number; kernelOptions: string },
): Promise<Resolution> {
  const seeds = Array.from({ length: Math.ceil(options.boots / 2) }, (_, index) => index + 1);
  const spec = parseRunnableSpec(`kernel:${kernel}`, {
    input: 'kernel',
    options: { ...NO_OPTIONS, kernelOptions: options.kernelOptions },
  });
  const opening = { progress: SILENT, evidence: 'counted' } as const;
  return withTargets({ baseline: spec, candidate: spec }, bench, opening, async (sides) => {
    const { baseline, candidate } = sides;
    if (!isCountable(baseline) || !isCountable(candidate)) {
      throw new Error('Its instructions cannot be counted.');
    }
    const begin = performance.now();
    const order = { seeds, traced: false };
    const twice = await countSides(bench, { baseline, candidate }, SILENT, order);
    const seconds = (performance.now() - begin) / 1000;
    const again = twice.candidate.instructions.metrics;
    return {
      facts: candidate.record.facts,
      ...{ boots: 2 * seeds.length, seeds: seeds.length },
      secondsPerBoot: Number((seconds / seeds.length / 2).toFixed(1)),
      metrics: twice.baseline.instructions.metrics.map((metric) =>
        metricResolution(
          metric,
          again.find(({ id }) => id === metric.id),
        ),
      ),
    };
  });
}

function metricResolution(
  one: InstructionMetric,
  other: InstructionMetric | undefined,
): MetricResolution {
  const { id } = one;
  if (one.status !== 'ok' || other?.status !== 'ok') return { id, why: one.status };
  const boots = [...one.boots, ...other.boots];
  const count = median(boots);
  const again = other.boots.map((boot, index) => Math.abs(boot - (one.boots[index] ?? boot)));
  const apart = Math.max(...boots) - Math.min(...boots);
  return {
    ...{ id, count: rounded(count), repeats: rounded(Math.max(...again)), seeds: rounded(apart) },
    share: Number((apart / count).toPrecision(2)),
  };
}

/** A thousandth of an instruction, as counts are recorded. */
const rounded = (count: number): number => Number(count.toFixed(3));
