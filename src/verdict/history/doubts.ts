import { MIN_QUIET_TO_CALL } from '../../stats/assumptions.js';
import { countOf, formatShare } from '../../text/units.js';
import { MIN_LOWEST_SHARE } from './causes.js';
import type { History } from './history.js';
import type { RunLevel } from './quiet-launches.js';

/** By itself a metric is not called changed against fewer stored runs: nobody knows how they differ. */
const MIN_RUNS_TO_CALL = 3;

/** Whether the halves of a run differ by more than the margin; false if they are too small to say. */
export const halvesDiffer = ({ halves }: RunLevel, marginRatio: number): boolean =>
  Math.abs(halves) > Math.log1p(marginRatio);

export interface Doubtful {
  level: RunLevel;
  /** Its quiet launches, those that measured it again included. */
  launches: number;
  marginRatio: number;
  change: number;
  history: History;
  index: number;
  /** Whether a cause explains it. */
  member: boolean;
  /** Whether it would be called changed. */
  called: boolean;
}

/** Whether a metric may be called by itself at all, however large its change. */
export const mayBeCalled = (launches: number, runs: number): boolean =>
  launches >= MIN_QUIET_TO_CALL && runs >= MIN_RUNS_TO_CALL;

/** One sentence: why a metric by itself cannot be judged, whatever the tests say. */
export function doubtOf(one: Doubtful): string | undefined {
  const { level, launches, marginRatio, change, history, index, member, called } = one;
  if (halvesDiffer(level, marginRatio) && !member) {
    return `Too noisy: the two halves of this run differ by ${formatShare(Math.abs(Math.expm1(level.halves)))}, more than the margin of ${formatShare(marginRatio)}.`;
  }
  if (!called || member) return undefined;
  if (launches < MIN_QUIET_TO_CALL) {
    return `Only ${countOf(launches, 'launch', 'launches')} of this run ${launches === 1 ? 'counts' : 'count'}, and a change is not called on fewer than ${MIN_QUIET_TO_CALL}: measure for longer.`;
  }
  const runs = history.model.runs[index] ?? 0;
  if (runs < MIN_RUNS_TO_CALL) {
    return `Only ${countOf(runs, 'stored run')} ${runs === 1 ? 'has' : 'have'} today's level of this metric, and by itself it is not called on fewer than ${MIN_RUNS_TO_CALL}.`;
  }
  const lowest = level.lowest - (history.lowest[index] ?? 0);
  if (lowest / change < MIN_LOWEST_SHARE) {
    return 'Not every launch changed: the fastest one took as long as in the stored runs.';
  }
  if (change > 0 && change < (history.reach[index] ?? 0)) {
    return 'One launch in ten of the stored runs took as long, so this may be chance.';
  }
  return undefined;
}
