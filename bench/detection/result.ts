import { formatShare } from '#src/text/units.js';
import { MARGIN } from './collect.ts';
import type { Gate } from './gates.ts';
import type { MarginOf } from './ours.ts';
import { type ShardSummary, simulateShards } from './shards.ts';
import {
  addUp,
  type BudgetSummary,
  CHANGES,
  type FalseAlarms,
  type InjectedSummary,
  type RuleSummary,
  summariseBudget,
  summariseInjected,
  summariseOurs,
  summariseRules,
} from './summary.ts';

/** What a collection shows. `scripts/detection-table.mjs` makes docs/detection.md from it. */
export interface Detection {
  schema: 'syscall-gate/detection';
  version: 1;
  tool: string;
  startedAt: string;
  machine: { cpuModel: string; cpuCount: number; kernelRelease: string; hypervisor: string };
  changes: readonly number[];
  /** Over all gates without a change, of every budget and with every neighbour. */
  falseAlarms: FalseAlarms;
  budgets: BudgetSummary[];
  injected: InjectedSummary[];
  /**
   * This tool's rule and other tools' rules on the same gates. They are gates without a busy neighbour,
   * of the budget for which the power is known best.
   */
  rules: { condition: string; budget: number; rules: RuleSummary[] };
  goals: Goal[];
  shards: ShardSummary[];
}

interface Goal {
  goal: string;
  reached: boolean;
  found: string;
}

type Where = Pick<Detection, 'tool' | 'startedAt' | 'machine'>;

export function summarise(gates: readonly Gate[], marginOf: MarginOf, where: Where): Detection {
  const groups = groupsOf(gates);
  const unchanged = groups.filter(([gate]) => gate.condition.filters === 0);
  // No constant may be chosen from this result: tune on a separate collection.
  const budgets = unchanged.map((group) => summariseBudget(group, marginOf));
  const alarms = addUp(budgets.map((budget) => budget.falseAlarms));
  const powers = budgets.map(({ thoroughGates }) => thoroughGates);
  const powerful = budgets[indexOfLargest(powers)];
  const alike = unchanged.filter(
    ([gate]) => gate.budget === powerful?.budget && !gate.condition.neighbour && hasSamples(gate),
  );
  const alikeAlarms = addUp(alike.map((group) => summariseBudget(group, marginOf).falseAlarms));
  return {
    ...{ schema: 'syscall-gate/detection', version: 1, ...where, changes: CHANGES },
    falseAlarms: alarms,
    budgets,
    injected: groups
      .filter(([gate]) => gate.condition.filters > 0)
      .map((group) => summariseInjected(group, marginOf)),
    rules: {
      condition: alike.map(([gate]) => gate.condition.name).join('; '),
      budget: powerful?.budget ?? 0,
      rules: [
        ...(powerful ? [summariseOurs(powerful, alikeAlarms)] : []),
        ...summariseRules(alike.flat()),
      ],
    },
    goals: [alarmGoal(alarms), ...budgets.flatMap(goalsOf)],
    shards: simulateShards(SHARD_SEED),
  };
}

const SHARD_SEED = 2003;

type Group = [Gate, ...Gate[]];

function groupsOf(gates: readonly Gate[]): Group[] {
  const groups = new Map<string, Group>();
  for (const gate of gates) {
    const key = `${gate.condition.name}, ${gate.budget} s`;
    const group = groups.get(key);
    if (group) group.push(gate);
    else groups.set(key, [gate]);
  }
  return [...groups.values()];
}

/** Other rules need raw samples, which some collections do not keep. */
const hasSamples = ({ metrics }: Gate): boolean =>
  Object.values(metrics).some(({ baseline }) => baseline.launches.length > 0);

const indexOfLargest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** Every false alarm counts, whatever the budget and the neighbour. */
const alarmGoal = ({ red, gates, upperBound }: FalseAlarms): Goal => ({
  goal: 'no gate is red in which nothing changed, and at most 1 % by the upper bound',
  reached: red === 0 && upperBound <= 0.01,
  found: `${red} of ${gates}, at most ${formatShare(upperBound)}`,
});

/** Goals for a machine without a busy neighbour of its own. */
function goalsOf({ condition, budget, metrics }: BudgetSummary): Goal[] {
  if (condition.includes('busy neighbour') || (budget !== 30 && budget !== 60)) return [];
  const power = (families: RegExp, change: number, what: string): Goal => {
    const those = metrics.filter(({ id }) => families.test(id));
    const index = CHANGES.findIndex((one) => Math.abs(one - change) < 1e-9);
    const missed = those.filter(({ caught }) => (caught[index] ?? 0) < 0.95);
    const text = missed.map(
      ({ id, caught }) => `${id} ${Math.round(100 * (caught[index] ?? 0))} %`,
    );
    return {
      goal: `a change of ${100 * change} % is caught in 95 % of the gates, for every metric of ${what}`,
      reached: missed.length === 0,
      found: `${those.length - missed.length} of ${those.length}${text.length > 0 ? `; ${text.join(', ')}` : ''}`,
    };
  };
  const where = `${budget} s, ${condition}: `;
  if (metrics.length === 0) return [];
  if (budget === 60) return [named(where, power(/^(?!process)/, 2 * MARGIN, 'a margin of 1 %'))];
  const near = metrics.filter(({ mde80 }) => {
    const ratio = (mde80.printed ?? Number.POSITIVE_INFINITY) / mde80.observed;
    return ratio >= 0.75 && ratio <= 1.25;
  });
  const goals = [
    power(/^(syscall|sendfile)\./, 0.02, 'syscall and sendfile'),
    power(/^context\./, 0.04, 'context'),
    {
      goal: 'the MDE80 that is printed lies within 25 % of the one observed',
      reached: near.length === metrics.length,
      found: `${near.length} of ${metrics.length} metrics`,
    },
  ];
  return goals.map((goal) => named(where, goal));
}

const named = (where: string, goal: Goal): Goal => ({ ...goal, goal: `${where}${goal.goal}` });
