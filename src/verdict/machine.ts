import { median } from 'simple-statistics';
import { isTimed, type Run, type TimedMetric } from '../record/run.js';
import type { StudentTest } from '../stats/student-test.js';
import { formatRatio, formatShare } from '../units.js';
import { controlSpeed } from './samples.js';

/** The control loop is pure user-space arithmetic: a change of this size is the machine's. */
const CONTROL_MOVED = Math.log1p(0.02);

/** Half or more of the metrics moving together with the control: not the kernel's doing. */
const SHARE_MOVED = 0.5;

/**
 * A busy sibling thread slowed system calls by up to five times what it did to the control loop, in
 * our measurements. What moved further than that has a cause of its own, and the machine's is no
 * excuse for it.
 */
const FURTHEST = 6;

interface Moved {
  metric: TimedMetric;
  marginRatio: number;
  prediction: StudentTest;
}

/**
 * Says when a comparison with stored runs is about the machine rather than the kernel: the control
 * loop runs at another speed than in the stored runs, and half or more of the metrics moved the
 * same way beyond their margins, though not out of all proportion, even after division by it.
 *
 * @returns one sentence that names what moved, or undefined
 */
export function machineMoved(
  stored: readonly Run[],
  candidate: Run,
  predicted: readonly Moved[],
): string | undefined {
  if (stored.length === 0 || predicted.length === 0) return undefined;
  const control = Math.log(runControl(candidate) / median(stored.map(runControl)));
  if (!(Math.abs(control) > CONTROL_MOVED)) return undefined;
  const along = predicted.filter(({ prediction, marginRatio }) => {
    const sameWay = Math.sign(prediction.estimate) === Math.sign(control);
    const size = Math.abs(prediction.estimate);
    return sameWay && size > Math.log1p(marginRatio) && size < FURTHEST * Math.abs(control);
  });
  if (along.length < SHARE_MOVED * predicted.length) return undefined;
  return `The machine itself changed: its control loop takes ${formatRatio(Math.exp(control))} against the stored runs, and ${formatShare(along.length / predicted.length)} of the metrics moved with it; run again on a machine in its usual state.`;
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
