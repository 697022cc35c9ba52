import {
  PREDICTION_MARGIN,
  PRIOR_DEGREES_OF_FREEDOM,
  PRIOR_STANDARD_DEVIATIONS,
} from '#src/stats/assumptions.js';
import { predict } from '#src/stats/prediction.js';
import { type Random, seededRandom } from '#src/stats/random.js';
import { adjustFamily } from '#src/verdict/shift-test.js';
import { ALPHA } from './collect.ts';
import { type FalseAlarms, falseAlarms } from './summary.ts';

/**
 * Fleets of runners cannot be had here, so they are drawn: stored runs and a candidate's, metric by
 * metric on the log scale, each run on a machine of one CPU model. What differs from run to run is
 * the machine (all metrics of a family share a part of it), a drift over time, and the run itself.
 */
export interface Fleet {
  name: string;
  /** Standard deviations, log scale. */
  machine: number;
  run: number;
  /** Per run, of a random walk that all metrics share. */
  drift: number;
}

/** In multiples of the shipped prior: right, half of it, twice it, and what drifts besides. */
export const FLEETS: readonly Fleet[] = [
  { name: 'one machine, quiet', machine: 0, run: 0.003, drift: 0 },
  { name: 'machines as the prior expects', machine: 0.008, run: 0.006, drift: 0 },
  { name: 'machines twice as different', machine: 0.016, run: 0.012, drift: 0 },
  { name: 'as expected, with drift', machine: 0.008, run: 0.006, drift: 0.002 },
];

/** Gated metrics of each family. */
const FAMILIES: Readonly<Record<string, number>> = {
  syscall: 20,
  context: 17,
  sendfile: 16,
  net: 3,
};
const STORED = [1, 2, 5, 10, 20, 40] as const;
const GATES = 300;
/** True changes of one metric, over the margin of the prediction. */
const CHANGES = [0.02, 0.05, 0.1] as const;

export interface FleetSummary {
  fleet: string;
  stored: number;
  falseAlarms: FalseAlarms;
  /** Of changes of the margin and 2, 5 and 10 % more in one metric. */
  caught: number[];
}

export function simulateFleets(seed: number): FleetSummary[] {
  const random = seededRandom(seed);
  return FLEETS.flatMap((fleet) => STORED.map((stored) => summarise(fleet, stored, random)));
}

function summarise(fleet: Fleet, stored: number, random: Random): FleetSummary {
  const gates = Array.from({ length: GATES }, () => drawGate(fleet, stored, random));
  return {
    ...{ fleet: fleet.name, stored },
    falseAlarms: falseAlarms(gates.map((gate) => calledSlower(gate, 0).length > 0)),
    caught: CHANGES.map((change) => {
      const shift = Math.log1p(PREDICTION_MARGIN + change);
      return (
        gates.filter((gate) => calledSlower(gate, shift).includes(gate[0]?.id ?? '')).length / GATES
      );
    }),
  };
}

interface Drawn {
  id: string;
  family: string;
  baseline: number[];
  candidate: number;
}

function drawGate(fleet: Fleet, stored: number, random: Random): Drawn[] {
  const normal = () => normalDeviate(random);
  const ids = Object.entries(FAMILIES).flatMap(([family, count]) =>
    Array.from({ length: count }, (_, index) => ({ family, id: `${family}.${index}` })),
  );
  let drift = 0;
  const runs = Array.from({ length: stored + 1 }, () => {
    drift += fleet.drift * normal();
    const shared = new Map(Object.keys(FAMILIES).map((family) => [family, normal()]));
    return ids.map(({ family }) => {
      const machine = Math.SQRT1_2 * ((shared.get(family) ?? 0) + normal());
      return drift + fleet.machine * machine + fleet.run * normal();
    });
  });
  return ids.map(({ family, id }, index) => ({
    ...{ family, id },
    baseline: runs.slice(0, -1).map((run) => run[index] ?? 0),
    candidate: runs.at(-1)?.[index] ?? 0,
  }));
}

/** By the program's own test; the shift is put to the first metric alone. */
function calledSlower(gate: readonly Drawn[], shift: number): string[] {
  const tests = gate.map(({ id, family, baseline, candidate }, index) => {
    const prior = {
      standardDeviation: PRIOR_STANDARD_DEVIATIONS[family] ?? 0.02,
      degreesOfFreedom: PRIOR_DEGREES_OF_FREEDOM,
    };
    const moved = index === 0 ? candidate + shift : candidate;
    const margin = Math.log1p(PREDICTION_MARGIN);
    return [id, predict({ candidate: [moved], baseline, margin, prior }, 0.95)] as const;
  });
  return [...adjustFamily(new Map(tests))].flatMap(([id, test]) =>
    test.slower <= ALPHA ? [id] : [],
  );
}

/** G. E. P. Box and M. E. Muller, Annals of Mathematical Statistics 29, 1958, 610-611. */
function normalDeviate(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}
