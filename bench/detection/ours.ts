import { SCREEN_LEVEL } from '#src/stats/assumptions.js';
import { mde80ForPairs } from '#src/stats/power.js';
import { adjustFamily, type ShiftTest, smallestP, testShift } from '#src/verdict/shift-test.js';
import { ALPHA } from './collect.ts';
import type { Gate } from './gates.ts';

/** Margin of a metric as a ratio. */
export type MarginOf = (id: string) => number;

/** A gate with its tests. They are computed once, because each question changes only one metric. */
export interface JudgedGate {
  gate: Gate;
  marginOf: MarginOf;
  screen: ReadonlyMap<string, ShiftTest>;
  confirm: ReadonlyMap<string, ShiftTest>;
}

export function judgeGate(gate: Gate, marginOf: MarginOf): JudgedGate {
  const ids = Object.keys(gate.metrics);
  const tests = (phase: 'screen' | 'confirm') =>
    new Map(ids.map((id) => [id, testShift(differences(gate, id, phase), marginOf(id))]));
  return { gate, marginOf, screen: tests('screen'), confirm: tests('confirm') };
}

const differences = (gate: Gate, id: string, phase: 'screen' | 'confirm'): number[] =>
  gate.metrics[id]?.[phase] ?? [];

/** What the program calls a change: it screens, and confirms what the screen flagged. */
export function called(judged: JudgedGate): { slower: string[]; faster: string[] } {
  const confirmed = confirmedTests(judged.screen, judged.confirm);
  const those = (direction: keyof ShiftTest): string[] =>
    [...confirmed].flatMap(([id, test]) => (test[direction] <= ALPHA ? [id] : []));
  return { slower: those('slower'), faster: those('faster') };
}

/**
 * Whether every flagged metric has fresh pairs. A gate that was collected with a stricter screen may
 * lack them. Then nobody knows what it would call.
 */
export const isConfirmed = ({ gate, screen }: JudgedGate): boolean =>
  flaggedBy(screen).every((id) => differences(gate, id, 'confirm').length > 0);

const flaggedBy = (screen: ReadonlyMap<string, ShiftTest>): string[] =>
  [...screen].filter(([, test]) => smallestP(test) <= SCREEN_LEVEL).map(([id]) => id);

const confirmedTests = (
  screen: ReadonlyMap<string, ShiftTest>,
  confirm: ReadonlyMap<string, ShiftTest>,
): Map<string, ShiftTest> =>
  adjustFamily(
    new Map(flaggedBy(screen).map((id) => [id, confirm.get(id) ?? { slower: 1, faster: 1 }])),
  );

const MAX_SHIFT = 0.5;
const BISECTIONS = 14;

/**
 * The smallest slowdown of one metric that this gate would have called, log scale. The measured
 * differences are shifted, so their noise stays real.
 */
export function criticalShift(judged: JudgedGate, id: string): number {
  let [low, high] = [-MAX_SHIFT, MAX_SHIFT];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (callsSlower(judged, id, middle)) high = middle;
    else low = middle;
  }
  return high;
}

function callsSlower(judged: JudgedGate, id: string, shift: number): boolean {
  const { gate, marginOf, screen, confirm } = judged;
  const shifted = (tests: ReadonlyMap<string, ShiftTest>, phase: 'screen' | 'confirm') => {
    const moved = differences(gate, id, phase).map((difference) => difference + shift);
    return new Map(tests).set(id, testShift(moved, marginOf(id)));
  };
  const test = confirmedTests(shifted(screen, 'screen'), shifted(confirm, 'confirm')).get(id);
  return test !== undefined && test.slower <= ALPHA;
}

/** The MDE80 that the report of this gate prints, log scale. */
export const printedMde80 = ({ gate, marginOf }: JudgedGate, id: string): number =>
  mde80ForPairs({
    differences: differences(gate, id, 'screen'),
    margin: Math.log1p(marginOf(id)),
    alpha: ALPHA,
    pairs: differences(gate, id, 'screen').length,
  });
