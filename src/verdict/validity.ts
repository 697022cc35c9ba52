import { sum } from 'simple-statistics';
import type { Run } from '../record/run.js';
import { formatShare } from '../units.js';

/** Above this share of stolen time the hypervisor is the loudest neighbour of all. */
const STEAL_WORTH_SAYING = 0.02;

/** What the launches' own accounting says against a comparison, one sentence each. */
export function validityCaveats(runs: readonly Run[]): string[] {
  return [...failedLaunches(runs), ...stolenTime(runs)];
}

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
