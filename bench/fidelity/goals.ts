import type { Goal, PairRecord } from './record.ts';

/** The cheapest call may cost no more than the lowest of all peers says. */
const NULL_METRIC = 'syscall.null';
const NULL_ABOVE = 0.01;
/** The same operation is the same figure. */
const APART = 0.03;
/** How much steadier than the steadiest peer a busy neighbour must leave ours. */
const STEADIER = 5;
const PASS_SECONDS = 0.6;

export function judgeGoals(pairs: readonly PairRecord[], passSeconds: number): Goal[] {
  return [nullGoal(pairs), agreementGoal(pairs), steadinessGoal(pairs), passGoal(passSeconds)];
}

function nullGoal(pairs: readonly PairRecord[]): Goal {
  const goal = `${NULL_METRIC} is at most ${percent(NULL_ABOVE)} above the lowest peer`;
  const ratios = pairs
    .filter(({ ourMetric }) => ourMetric === NULL_METRIC)
    .map(({ quiet }) => quiet.ratio.estimate);
  if (ratios.length === 0) return { goal, found: 'no peer measured it' };
  const ratio = Math.max(...ratios);
  return {
    goal,
    reached: ratio <= 1 + NULL_ABOVE,
    found: `ours over the lowest is ${ratio.toFixed(3)}`,
  };
}

/** How a pair stands: within reach of each other, apart for a reason that is known, or just apart. */
function agreement({ quiet, includes }: PairRecord): 'agrees' | 'explained' | 'differs' {
  if (Math.abs(quiet.ratio.estimate - 1) <= APART) return 'agrees';
  return includes === undefined ? 'differs' : 'explained';
}

function agreementGoal(pairs: readonly PairRecord[]): Goal {
  const goal = `every pair is within ${percent(APART)}, or what tells them apart is shown`;
  if (pairs.length === 0) return { goal, found: 'no pair was measured' };
  const standings = pairs.map(agreement);
  const count = (standing: string) => standings.filter((each) => each === standing).length;
  return {
    goal,
    reached: count('differs') === 0,
    found: `${count('agrees')} of ${pairs.length} are, ${count('explained')} have their reason, ${count('differs')} neither`,
  };
}

function steadinessGoal(pairs: readonly PairRecord[]): Goal {
  const goal = `beside a busy neighbour the spread is ${STEADIER} times smaller than the best peer's`;
  const busy = pairs.flatMap(({ ourMetric, busy }) => (busy ? [{ ourMetric, busy }] : []));
  const metrics = [...new Set(busy.map(({ ourMetric }) => ourMetric))];
  if (metrics.length === 0) return { goal, found: 'not measured' };
  const steadier = metrics.filter((metric) =>
    busy.every(({ ourMetric, busy }) => ourMetric !== metric || timesSteadier(busy) >= STEADIER),
  );
  return {
    goal,
    reached: steadier.length === metrics.length,
    found: `for ${steadier.length} of ${metrics.length} metrics`,
  };
}

/** By the measure of spread that is less kind to ours; no spread at all is as steady as can be. */
const timesSteadier = ({ spreadRatio: { mad, sd } }: NonNullable<PairRecord['busy']>): number =>
  Math.min(mad ?? Number.POSITIVE_INFINITY, sd ?? Number.POSITIVE_INFINITY);

const passGoal = (seconds: number): Goal => ({
  goal: `a pass of all gated metrics takes less than ${PASS_SECONDS} s`,
  reached: seconds < PASS_SECONDS,
  found: `it takes ${seconds.toFixed(2)} s`,
});

const percent = (share: number): string => `${100 * share} %`;
