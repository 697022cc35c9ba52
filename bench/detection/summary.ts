import { median, quantile, sum } from 'simple-statistics';
import { clopperPearsonUpper } from '../exact-bound.ts';
import { ALPHA, MARGIN } from './collect.ts';
import type { Gate, GateMetric } from './gates.ts';
import { OTHER_RULES } from './others.ts';
import {
  called,
  criticalShift,
  isConfirmed,
  type JudgedGate,
  judgeGate,
  type MarginOf,
  printedMde80,
} from './ours.ts';

/** Hypothetical changes, applied to every gate in which nothing changed, as shares. */
export const CHANGES = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05] as const;

export interface FalseAlarms {
  gates: number;
  /** Gates that called any metric slower although nothing changed. */
  red: number;
  share: number;
  /** Clopper-Pearson, one-sided, 95 %. */
  upperBound: number;
}

interface MetricPower {
  id: string;
  margin: number;
  /** Median over the gates. */
  pairs: number;
  /** The share of gates that called each of {@link CHANGES}. */
  caught: number[];
  /** As the reports print it (median over the gates), and as the shifted data show it; ratios. */
  mde80: { printed: number | null; observed: number };
  /** Standard deviation of the pairs' differences: median over the gates. */
  deviation: number;
}

export interface BudgetSummary {
  condition: string;
  budget: number;
  falseAlarms: FalseAlarms;
  improvements: number;
  /** Gates without the pairs that today's screen asks for: they were collected with a stricter one. */
  leftOut: number;
  /** Gates that confirmed every metric. The power comes from them. */
  thoroughGates: number;
  metrics: MetricPower[];
  /** How much a metric's median varies between gates, as it would between stored runs. Log scale. */
  betweenRuns: { family: string; deviation: number }[];
}

export interface InjectedSummary {
  condition: string;
  budget: number;
  gates: number;
  /** Gates that called at least one metric slower. */
  caught: number;
  /** The share of the syscall metrics that was called: median over the gates. */
  metricsCaught: number;
  /** Median change of the null call, as a ratio. */
  nullCall: number;
}

export interface RuleSummary {
  name: string;
  of: string;
  /** Over gates without a change. */
  falseAlarms: FalseAlarms;
  /** The share of metrics called slower in these gates. */
  metricAlarms: number;
  /** The share of syscall and sendfile metrics in which a change of 2 and 5 % is called. */
  caught: { two: number; five: number };
}

export const summariseBudget = (gates: readonly Gate[], marginOf: MarginOf): BudgetSummary => {
  const judged = gates.map((gate) => judgeGate(gate, marginOf)).filter(isConfirmed);
  const calls = judged.map(called);
  const thorough = judged.filter(({ gate }) => gate.confirmed === 'all');
  const [first] = gates;
  return {
    condition: first?.condition.name ?? '',
    budget: first?.budget ?? 0,
    falseAlarms: falseAlarms(calls.map(({ slower }) => slower.length > 0)),
    improvements: calls.filter(({ faster }) => faster.length > 0).length,
    leftOut: gates.length - judged.length,
    thoroughGates: thorough.length,
    metrics:
      thorough.length > 0 ? idsOf(gates).map((id) => metricPower(id, thorough, marginOf)) : [],
    betweenRuns: betweenRuns(gates),
  };
};

/** For each family, the median of its metrics' standard deviations, log scale. */
function betweenRuns(gates: readonly Gate[]): BudgetSummary['betweenRuns'] {
  const families = [...new Set(idsOf(gates).map(familyOf))];
  return families.map((family) => {
    const deviations = idsOf(gates)
      .filter((id) => familyOf(id) === family)
      .map((id) =>
        deviation(
          gates.flatMap(({ metrics }) => {
            const launches = metrics[id]?.baseline.launches ?? [];
            return launches.length > 0 ? [Math.log(median(launches))] : [];
          }),
        ),
      );
    return { family, deviation: median(deviations) };
  });
}

const familyOf = (id: string): string => id.split('.', 1)[0] ?? id;

export function falseAlarms(alarms: readonly boolean[]): FalseAlarms {
  return alarmsOf(alarms.filter((alarm) => alarm).length, alarms.length);
}

/** Adds up gates of several kinds. */
export const addUp = (those: readonly FalseAlarms[]): FalseAlarms =>
  alarmsOf(sum(those.map(({ red }) => red)), sum(those.map(({ gates }) => gates)));

const alarmsOf = (red: number, gates: number): FalseAlarms => ({
  ...{ gates, red, share: red / gates },
  upperBound: clopperPearsonUpper(red, gates),
});

const idsOf = (gates: readonly Gate[]): string[] => [
  ...new Set(gates.flatMap(({ metrics }) => Object.keys(metrics))),
];

function metricPower(id: string, judged: readonly JudgedGate[], marginOf: MarginOf): MetricPower {
  const those = judged.filter(({ gate }) => gate.metrics[id] !== undefined);
  const critical = those.map((one) => criticalShift(one, id));
  const printed = those.map((one) => Math.expm1(printedMde80(one, id)));
  const printedMedian = median(printed);
  const pairs = those.map(({ gate }) => gate.metrics[id]?.screen.length ?? 0);
  return {
    ...{ id, margin: marginOf(id), pairs: median(pairs) },
    caught: CHANGES.map((change) => shareOf(critical, (shift) => shift <= Math.log1p(change))),
    mde80: {
      printed: Number.isFinite(printedMedian) ? printedMedian : null,
      observed: Math.expm1(quantile(critical, 0.8)),
    },
    deviation: median(those.map(({ gate }) => deviation(gate.metrics[id]?.screen ?? []))),
  };
}

const deviation = (differences: readonly number[]): number => {
  const middle = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  const squares = differences.reduce((sum, one) => sum + (one - middle) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, differences.length - 1));
};

function shareOf<T>(values: readonly T[], holds: (value: T) => boolean): number {
  return values.filter(holds).length / values.length;
}

/** How a real slowdown was judged. */
export function summariseInjected(gates: readonly Gate[], marginOf: MarginOf): InjectedSummary {
  const calls = gates.map((gate) => called(judgeGate(gate, marginOf)).slower);
  const syscalls = idsOf(gates).filter((id) => id.startsWith('syscall.'));
  const shares = calls.map((slower) => shareOf(syscalls, (id) => slower.includes(id)));
  const nulls = gates.map((gate) => median(gate.metrics['syscall.null']?.screen ?? [0]));
  const [first] = gates;
  return {
    condition: first?.condition.name ?? '',
    budget: first?.budget ?? 0,
    gates: gates.length,
    caught: calls.filter((slower) => slower.length > 0).length,
    metricsCaught: median(shares),
    nullCall: Math.expm1(median(nulls)),
  };
}

/** Other tools' rules on the samples of the same gates. */
export function summariseRules(gates: readonly Gate[]): RuleSummary[] {
  const families = /^(syscall|sendfile)\./;
  return OTHER_RULES.map((rule) => {
    const calls = (factor: number, metric: GateMetric) => rule.callsSlower(metric, factor);
    const all = gates.map((gate) => measuredIn(gate).map(([, metric]) => calls(1, metric)));
    const chosen = gates.flatMap((gate) =>
      measuredIn(gate).flatMap(([id, metric]) => (families.test(id) ? [metric] : [])),
    );
    return {
      ...{ name: rule.name, of: rule.of },
      falseAlarms: falseAlarms(all.map((gate) => gate.includes(true))),
      metricAlarms: shareOf(all.flat(), (alarm) => alarm),
      caught: {
        two: shareOf(chosen, (metric) => calls(1.02, metric)),
        five: shareOf(chosen, (metric) => calls(1.05, metric)),
      },
    };
  });
}

/** Metrics with launches of both sides. A busy core may leave a side without any. */
const measuredIn = ({ metrics }: Gate): [string, GateMetric][] =>
  Object.entries(metrics).filter(
    ([, { baseline, candidate }]) => baseline.launches.length > 0 && candidate.launches.length > 0,
  );

/** This tool's rule, in the same terms as the others. */
export function summariseOurs({ metrics }: BudgetSummary, alarms: FalseAlarms): RuleSummary {
  const chosen = metrics.filter(({ id }) => /^(syscall|sendfile)\./.test(id));
  const at = (change: number): number => {
    const index = CHANGES.findIndex((one) => Math.abs(one - change) < 1e-9);
    return chosen.reduce((sum, { caught }) => sum + (caught[index] ?? 0), 0) / chosen.length;
  };
  return {
    name: `screen and confirm, margin ${MARGIN * 100} %, family-wise ${ALPHA}`,
    of: 'syscall-gate',
    falseAlarms: alarms,
    metricAlarms: 0,
    caught: { two: at(0.02), five: at(0.05) },
  };
}
