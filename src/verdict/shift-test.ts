import { holm } from '../stats/holm.js';
import { signedRankTest } from '../stats/signed-rank.js';

/** p-values of "not slower by more than the margin" and of "not faster by more than the margin". */
export interface ShiftTest {
  slower: number;
  faster: number;
}

/** Tests differences on the log scale against the margin, in both directions. */
export function testShift(differences: readonly number[], marginRatio: number): ShiftTest {
  const margin = Math.log1p(marginRatio);
  return {
    slower: signedRankTest(differences, margin).greater,
    faster: signedRankTest(differences, -margin).less,
  };
}

/** Holm's adjustment over the metrics. Each direction is a family of its own. */
export function adjustFamily(tests: ReadonlyMap<string, ShiftTest>): Map<string, ShiftTest> {
  const ids = [...tests.keys()];
  const slower = holm([...tests.values()].map((test) => test.slower));
  const faster = holm([...tests.values()].map((test) => test.faster));
  return new Map(ids.map((id, i) => [id, { slower: slower[i] ?? 1, faster: faster[i] ?? 1 }]));
}

export const smallestP = ({ slower, faster }: ShiftTest): number => Math.min(slower, faster);
