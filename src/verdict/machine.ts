import { median } from 'simple-statistics';
import { isTimed, type Run, type TimedMetric } from '../record/run.js';
import { WIDTH_THRESHOLD } from '../stats/assumptions.js';
import type { StudentTest } from '../stats/student-test.js';
import { formatRatio, formatShare } from '../text/units.js';
import { controlSpeed } from './samples.js';

/** The control loop is pure user-space arithmetic: a change of this size comes from the machine. */
const CONTROL_MOVED = Math.log1p(0.02);

/** The same for the wide loop, which another thread on the core can slow down too. */
const WIDTH_MOVED = Math.log(WIDTH_THRESHOLD);

/** If this share of the metrics moves with a loop, the kernel is not the cause. */
const SHARE_MOVED = 0.5;

interface Moved {
  metric: TimedMetric;
  marginRatio: number;
  test: StudentTest;
}

/** A loop that no kernel can slow down, and what a change of it says about the machine. */
interface Loop {
  of(run: Run): number;
  /** The loop has moved if the logarithm of its ratio is larger than this. */
  moved: number;
  /** A metric that moved by more than this many times the loop's change has a cause of its own. */
  maxFactor: number;
  says(ratio: string): string;
}

const LOOPS: readonly Loop[] = [
  {
    of: runControl,
    moved: CONTROL_MOVED,
    // A busy sibling thread slowed system calls by up to five times as much as this loop.
    maxFactor: 6,
    says: (ratio) => `The machine itself changed: the time of its control loop changed by ${ratio}`,
  },
  {
    of: ({ coreWidth = Number.NaN }) => coreWidth,
    moved: WIDTH_MOVED,
    // It slowed them by about as much as this loop.
    maxFactor: 2,
    says: (ratio) =>
      `Other work on the same core changed: the time of a loop that needs the whole width of the core changed by ${ratio}`,
  },
];

/**
 * Detects that a comparison with stored runs shows a change of the machine, not of the kernel. That is
 * so if a loop of arithmetic runs at another speed than in the stored runs, and at least half of the
 * metrics moved in the same direction, beyond their margins and in proportion to the loop. Their times
 * are already divided by the control loop's.
 *
 * @returns one sentence that names what moved, or undefined
 */
export function machineMoved(
  stored: readonly Run[],
  candidate: Run,
  tested: readonly Moved[],
): string | undefined {
  if (stored.length === 0 || tested.length === 0) return undefined;
  for (const { of, moved, maxFactor, says } of LOOPS) {
    const before = stored.map(of).filter(Number.isFinite);
    const loop = before.length > 0 ? Math.log(of(candidate) / median(before)) : Number.NaN;
    if (!(Math.abs(loop) > moved)) continue;
    const along = tested.filter((one) => movedAlong(one, loop, maxFactor));
    if (along.length < SHARE_MOVED * tested.length) continue;
    return `${says(formatRatio(Math.exp(loop)))} against the stored runs, and ${formatShare(along.length / tested.length)} of the metrics moved with it; run again on a machine in its usual state.`;
  }
  return undefined;
}

function movedAlong({ test, marginRatio }: Moved, loop: number, maxFactor: number): boolean {
  const size = Math.abs(test.estimate);
  const sameWay = Math.sign(test.estimate) === Math.sign(loop);
  return sameWay && size > Math.log1p(marginRatio) && size < maxFactor * Math.abs(loop);
}

/** The time of a run's control loop in ns per operation: the median over its metrics. */
function runControl(run: Run): number {
  const speeds = run.metrics.flatMap((metric) =>
    isTimed(metric) && !metric.id.startsWith('control.')
      ? controlSpeed(metric.id, metric.replicates)
      : [],
  );
  return speeds.length > 0 ? median(speeds) : Number.NaN;
}
