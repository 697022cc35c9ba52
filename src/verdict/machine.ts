import { median } from 'simple-statistics';
import type { MeasuredMetric, Run } from '../record/run.js';
import type { Prediction } from '../stats/prediction.js';
import { controlSpeed } from './samples.js';
import { percent, signedPercent } from './words.js';

/** The control loop is pure user-space arithmetic: a change of this size is the machine's. */
const CONTROL_MOVED = Math.log1p(0.02);

/** Half or more of the metrics moving together with the control: not the kernel's doing. */
const SHARE_MOVED = 0.5;

interface Moved {
  metric: MeasuredMetric;
  marginRatio: number;
  prediction: Prediction;
}

/**
 * Says when a comparison with stored runs is about the machine rather than the kernel: the control
 * loop runs at another speed than in the stored runs, and half or more of the metrics moved the
 * same way beyond their margins even after division by it.
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
    return sameWay && Math.abs(prediction.estimate) > Math.log1p(marginRatio);
  });
  if (along.length < SHARE_MOVED * predicted.length) return undefined;
  return `The machine itself changed: its control loop takes ${signedPercent(Math.exp(control))} against the stored runs, and ${percent(along.length / predicted.length)} of the metrics moved with it; run again on a machine in its usual state.`;
}

/** A run's control loop, ns per operation: the median over its metrics. */
function runControl(run: Run): number {
  const speeds = run.metrics.flatMap((metric) =>
    metric.status === 'ok' && !metric.id.startsWith('control.') ? controlSpeed(metric) : [],
  );
  return speeds.length > 0 ? median(speeds) : Number.NaN;
}
