import { median } from 'simple-statistics';
import { isTimed, type Run, type TimedMetric } from '../record/run.js';
import { WIDTH_THRESHOLD } from '../stats/assumptions.js';
import type { StudentTest } from '../stats/student-test.js';
import { formatRatio, formatShare } from '../text/units.js';
import { controlSpeed } from './samples.js';

/** The control loop is pure user-space arithmetic: a change of this size is the machine's. */
const CONTROL_MOVED = Math.log1p(0.02);

/** So is the wide loop, but for what another thread on the core takes of it. */
const WIDTH_MOVED = Math.log(WIDTH_THRESHOLD);

/** Half or more of the metrics moving together with a loop: not the kernel's doing. */
const SHARE_MOVED = 0.5;

interface Moved {
  metric: TimedMetric;
  marginRatio: number;
  prediction: StudentTest;
}

/** A loop that no kernel can slow down, and what it says of the machine when it moved. */
interface Loop {
  of(run: Run): number;
  moved: number;
  /** By how many times as much metrics may have moved: what moved further has a cause of its own. */
  furthest: number;
  says(ratio: string): string;
}

const LOOPS: readonly Loop[] = [
  {
    of: runControl,
    moved: CONTROL_MOVED,
    // A busy sibling thread slowed system calls by up to five times what it did to this loop.
    furthest: 6,
    says: (ratio) => `The machine itself changed: the time of its control loop changed by ${ratio}`,
  },
  {
    of: ({ coreWidth = Number.NaN }) => coreWidth,
    moved: WIDTH_MOVED,
    // And by about as much as it did to this one.
    furthest: 2,
    says: (ratio) =>
      `The core was shared with other work in another way: the time of a loop that needs its whole width changed by ${ratio}`,
  },
];

/**
 * Says when a comparison with stored runs is about the machine rather than the kernel: a loop of
 * arithmetic runs at another speed than in the stored runs, and half or more of the metrics moved
 * the same way beyond their margins, though not out of all proportion, even after division by the
 * speed of the chain of multiplications.
 *
 * @returns one sentence that names what moved, or undefined
 */
export function machineMoved(
  stored: readonly Run[],
  candidate: Run,
  predicted: readonly Moved[],
): string | undefined {
  if (stored.length === 0 || predicted.length === 0) return undefined;
  for (const { of, moved, furthest, says } of LOOPS) {
    const before = stored.map(of).filter(Number.isFinite);
    const loop = before.length > 0 ? Math.log(of(candidate) / median(before)) : Number.NaN;
    if (!(Math.abs(loop) > moved)) continue;
    const along = predicted.filter((one) => wentAlong(one, loop, furthest));
    if (along.length < SHARE_MOVED * predicted.length) continue;
    return `${says(formatRatio(Math.exp(loop)))} against the stored runs, and ${formatShare(along.length / predicted.length)} of the metrics moved with it; run again on a machine in its usual state.`;
  }
  return undefined;
}

function wentAlong({ prediction, marginRatio }: Moved, loop: number, furthest: number): boolean {
  const size = Math.abs(prediction.estimate);
  const sameWay = Math.sign(prediction.estimate) === Math.sign(loop);
  return sameWay && size > Math.log1p(marginRatio) && size < furthest * Math.abs(loop);
}

/** A run's control loop, ns per operation: the median over its metrics. */
function runControl(run: Run): number {
  const speeds = run.metrics.flatMap((metric) =>
    isTimed(metric) && !metric.id.startsWith('control.')
      ? controlSpeed(metric.id, metric.replicates)
      : [],
  );
  return speeds.length > 0 ? median(speeds) : Number.NaN;
}
