import type { Report } from '../record/report.js';
import { TARGET_KINDS, type TargetKindName } from '../record/run.js';

/** Where the two sides ran, as phrases. */
export interface Places {
  baseline: string;
  candidate: string;
}

const PHRASES: Record<TargetKindName, string> = {
  host: 'on the host',
  container: 'in the container',
  kernel: 'under the kernel',
  command: 'through the command',
};

/**
 * Comparing a host with a container is not a regression test: the two are not versions of one thing.
 * The report then says which side is slower.
 *
 * @returns undefined if both sides are of the same kind, or the baseline is stored runs
 */
export function placesOf({
  design,
  baseline,
  candidate,
}: Pick<Report, 'design' | 'baseline' | 'candidate'>): Places | undefined {
  if (design !== 'paired' && design !== 'shards') return undefined;
  const [before, after] = [phraseOf(baseline.spec), phraseOf(candidate.spec)];
  if (before === undefined || after === undefined || before === after) return undefined;
  return { baseline: before, candidate: after };
}

function phraseOf(spec: string): string | undefined {
  const name = spec.split(':', 1)[0];
  const kind = TARGET_KINDS.find((each) => each === name);
  return kind && PHRASES[kind];
}
