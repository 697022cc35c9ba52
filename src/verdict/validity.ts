import { sum } from 'simple-statistics';
import { countBatches, isTimed, type Replicate, type Run } from '../record/run.js';
import { formatShare } from '../text/units.js';
import { isEmulated } from './comparability.js';
import { metricOf } from './samples.js';

/** Above this share of stolen time the hypervisor is the loudest neighbour of all. */
const STEAL_WORTH_SAYING = 0.02;

/** What the launches' own accounting says against a comparison, one sentence each. */
export function validityCaveats(all: readonly Run[]): string[] {
  // Of counted instructions nothing takes anything away.
  const runs = all.filter(({ metrics }) => metrics.length > 0);
  return [
    ...failedLaunches(runs),
    ...stolenTime(runs),
    ...sharedCore(runs),
    ...otherCpu(runs),
    ...unpinned(runs),
    ...emulated(runs),
  ];
}

/** An emulated instruction costs by what it takes to emulate it. */
function emulated(runs: readonly Run[]): string[] {
  const found = runs.find(isEmulated);
  if (found === undefined) return [];
  const { name, version } = found.target.machine?.emulator ?? { name: 'QEMU', version: '' };
  const where = `${found.target.spec} ran in an emulation of a processor (${name} ${version}, TCG)`;
  return [
    runs.every(isEmulated)
      ? `${where}: such times compare with those of the same emulator on the same processor alone, and changes of page tables and of entering the kernel weigh more in them than on hardware.`
      : `${where} and the other side did not, so what differs is the emulation above all: boot both sides, or neither.`,
  ];
}

/** Above this share of launches left out, a run has markedly fewer pairs than its time was worth. */
const CONTENDED_WORTH_SAYING = 0.2;

function sharedCore(runs: readonly Run[]): string[] {
  const timed = runs.flatMap((run) => run.metrics.filter(isTimed));
  const left = sum(timed.map(({ contended = 0 }) => contended));
  const all = left + sum(timed.map(({ replicates }) => replicates.length));
  const share = all === 0 ? 0 : left / all;
  if (share < CONTENDED_WORTH_SAYING) return [];
  return [
    `Another thread was busy on the core that was measured on, and ${formatShare(share)} of the launches are left out for it; a quieter runner gives narrower intervals.`,
  ];
}

/** A booted kernel counts CPUs of its own. */
function otherCpu(runs: readonly Run[]): string[] {
  const here = runs.filter(({ target }) => target.kind !== 'kernel');
  const cpus = [...new Set(here.map((run) => run.plan.cpu))];
  if (cpus.length < 2) return [];
  return [
    `The sides ran on different CPUs (${cpus.join(' and ')}), whose speeds and interrupts may differ; allow both sides the same one.`,
  ];
}

const unpinned = (runs: readonly Run[]): string[] =>
  runs
    .filter((run) => run.plan.pinned === false)
    .map(
      (run) =>
        `Launches of ${run.target.spec} could not be kept on one CPU, so context switches may cross CPUs; allow sched_setaffinity(2) there.`,
    );

/** Two sides whose shares of interrupted batches differ by more were not interrupted by chance. */
const REJECTED_WORTH_SAYING = 0.2;

/**
 * A slowdown that takes a process off the CPU is filtered out with the batches that it interrupts:
 * what the filter hides must not go unsaid.
 */
export function filteredUnevenly(baseline: Run, candidate: Run): string[] {
  const metrics = candidate.metrics.flatMap((after) => {
    const before = metricOf(baseline, after.id);
    if (!isTimed(before) || !isTimed(after)) return [];
    const gap = rejectedShare(after.replicates) - rejectedShare(before.replicates);
    return Math.abs(gap) > REJECTED_WORTH_SAYING ? [after.id] : [];
  });
  if (metrics.length === 0) return [];
  return [
    `Batches of ${metrics.join(', ')} were interrupted far more often on one side than on the other and left out: time spent off the CPU is not part of the change shown.`,
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
    return `${failed.length} of ${run.launches.length} launches of ${run.target.spec} failed and do not count; the first because ${first.failure}.`;
  });
}

function stolenTime(runs: readonly Run[]): string[] {
  const launches = runs.flatMap((run) => run.launches);
  const wallNs = sum(launches.map((launch) => launch.wallNs));
  const stolen = wallNs === 0 ? 0 : sum(launches.map((launch) => launch.stolenNs)) / wallNs;
  if (stolen < STEAL_WORTH_SAYING) return [];
  return [
    `The hypervisor gave ${formatShare(stolen)} of the measuring time to others (steal); a quieter runner gives narrower intervals.`,
  ];
}
