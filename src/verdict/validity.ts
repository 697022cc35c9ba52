import { sum } from 'simple-statistics';
import {
  countBatches,
  isTimed,
  type Launch,
  type MetricRecord,
  type Replicate,
  type Run,
} from '../record/run.js';
import { countOf, formatShare } from '../text/units.js';
import { isEmulated } from './comparability.js';
import { metricOf } from './samples.js';

/** Above this share of stolen time, steal is the largest disturbance and worth a caveat. */
const MIN_STOLEN_SHARE = 0.02;

/** What the launches' own accounting says against the comparison, one sentence each. */
export function validityCaveats(all: readonly Run[]): string[] {
  // None of this affects counted instructions.
  const runs = all.filter(({ metrics }) => metrics.length > 0);
  return [
    ...failedLaunches(runs),
    ...stolenTime(runs),
    ...sharedCore(runs),
    ...countedBesideNeighbour(runs),
    ...otherCpu(runs),
    ...unpinned(runs),
    ...emulated(runs),
  ];
}

/** An emulated instruction takes as long as its emulation. */
function emulated(runs: readonly Run[]): string[] {
  const found = runs.find(isEmulated);
  if (found === undefined) return [];
  const { name, version } = found.target.machine?.emulator ?? { name: 'QEMU', version: '' };
  const where = `${found.target.spec} ran on an emulated processor (${name} ${version}, TCG)`;
  return [
    runs.every(isEmulated)
      ? `${where}: compare its times only with times from the same emulator on the same processor. Page table changes and kernel entries cost relatively more than on hardware.`
      : `${where} and the other side did not, so the difference is mostly the emulation: boot both sides, or neither.`,
  ];
}

/** If a larger share of launches is left out, a run has far fewer pairs than its time should give. */
const MIN_CONTENDED_SHARE = 0.2;

function sharedCore(runs: readonly Run[]): string[] {
  const timed = runs.flatMap((run) => run.metrics.filter(isTimed));
  const left = sum(timed.map(({ contended = 0 }) => contended));
  const all = left + sum(timed.map(({ replicates }) => replicates.length));
  const share = all === 0 ? 0 : left / all;
  if (share < MIN_CONTENDED_SHARE) return [];
  return [
    `Another thread was busy on the measured core, so ${formatShare(share)} of the launches are left out; a quieter runner gives narrower intervals.`,
  ];
}

const PHASES: readonly (readonly [Launch['phase'], string])[] = [
  ['screen', 'first launches'],
  ['confirm', 'fresh launches'],
];

/** Pairs that count although a neighbour was busy, since too few were measured without one. */
function countedBesideNeighbour(runs: readonly Run[]): string[] {
  const launches = runs.filter(({ duet }) => duet !== undefined).flatMap((run) => run.launches);
  return PHASES.flatMap(([phase, words]) => {
    const all = launches.filter((one) => one.phase === phase);
    const beside = all.filter(({ neighbour }) => neighbour === 'counted').length;
    if (beside === 0) return [];
    return [
      `Another thread was busy on the measured core in ${beside} of the ${all.length} ${words}. Too few pairs were measured without one, so those beside it count, too. Their order was drawn, so no verdict leans to a side, but the intervals are wider.`,
    ];
  });
}

/** A booted kernel numbers its own CPUs, so it is not compared here. */
function otherCpu(runs: readonly Run[]): string[] {
  const here = runs.filter(({ target }) => target.kind !== 'kernel');
  const cpus = [...new Set(here.map((run) => run.plan.cpu))];
  if (cpus.length < 2) return [];
  return [
    `The sides ran on different CPUs (${cpus.join(' and ')}), whose speeds and interrupts may differ; allow both sides the same CPU.`,
  ];
}

/** A sentence names this many metrics. The others are only counted. */
const MAX_NAMED = 5;

/**
 * Gated metrics that only the baseline has: by their times or events, or by their instructions. The
 * candidate says nothing of them, so they have no finding.
 *
 * @param baseline the run that says what was measured there last
 */
export function notMeasuredCaveats(baseline: Run, candidate: Run): string[] {
  const only = [
    ...missing(baseline.metrics, candidate.metrics),
    ...missing(baseline.instructions?.metrics, candidate.instructions?.metrics),
  ];
  const ids = [...new Set(only)];
  if (ids.length === 0) return [];
  const named = ids.slice(0, MAX_NAMED).join(', ');
  const rest = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
  return [
    `The baseline has ${countOf(ids.length, 'gated metric')} that the candidate's record lacks (${named}${rest}), so nothing is said of ${ids.length === 1 ? 'it' : 'them'}: measure both sides with the same metrics and the same version of syscall-gate.`,
  ];
}

/** A run without any metric was not asked for them: it only counted, or only timed. */
function missing(before: readonly Gated[] = [], after: readonly Gated[] = []): string[] {
  if (after.length === 0) return [];
  const had = new Set(after.map(({ id }) => id));
  return before
    .filter(({ id, gate, status }) => gate && status === 'ok' && !had.has(id))
    .map(({ id }) => id);
}

type Gated = Pick<MetricRecord, 'id' | 'gate' | 'status'>;

const unpinned = (runs: readonly Run[]): string[] =>
  runs
    .filter((run) => run.plan.pinned === false)
    .map(
      (run) =>
        `Launches of ${run.target.spec} could not be pinned to one CPU, so context switches may cross CPUs; allow sched_setaffinity(2) there.`,
    );

/** If the sides' shares of interrupted batches differ by more than this, it is not chance. */
const MIN_REJECTED_GAP = 0.2;

/**
 * A slowdown that takes a process off the CPU interrupts batches, and interrupted batches are left
 * out. The report must say what that filter hides.
 */
export function unevenFilterCaveats(baseline: Run, candidate: Run): string[] {
  const metrics = candidate.metrics.flatMap((after) => {
    const before = metricOf(baseline, after.id);
    if (!isTimed(before) || !isTimed(after)) return [];
    const gap = rejectedShare(after.replicates) - rejectedShare(before.replicates);
    return Math.abs(gap) > MIN_REJECTED_GAP ? [after.id] : [];
  });
  if (metrics.length === 0) return [];
  return [
    `Batches of ${metrics.join(', ')} were interrupted far more often on one side than on the other. Interrupted batches are left out, so the change shown does not include time spent off the CPU.`,
  ];
}

const rejectedShare = (replicates: readonly Replicate[]): number => {
  const { batches, rejected } = countBatches(replicates);
  return rejected / batches;
};

function failedLaunches(runs: readonly Run[]): string[] {
  return runs.flatMap((run) => {
    const failed = run.launches.filter((launch) => launch.failure !== undefined);
    const [first] = failed;
    if (first?.failure === undefined) return [];
    return `${failed.length} of ${run.launches.length} launches of ${run.target.spec} failed and do not count; the first failed because ${first.failure}.`;
  });
}

function stolenTime(runs: readonly Run[]): string[] {
  const launches = runs.flatMap((run) => run.launches);
  const wallNs = sum(launches.map((launch) => launch.wallNs));
  const stolen = wallNs === 0 ? 0 : sum(launches.map((launch) => launch.stolenNs)) / wallNs;
  if (stolen < MIN_STOLEN_SHARE) return [];
  return [
    `The hypervisor gave ${formatShare(stolen)} of the measuring time to other guests (steal); a quieter runner gives narrower intervals.`,
  ];
}
