import type { Family } from '#src/families.js';
import {
  MACHINE_PRIOR_DEGREES_OF_FREEDOM,
  MACHINE_PRIOR_STANDARD_DEVIATION,
  PAIRED_MARGIN,
  PRIOR_DEGREES_OF_FREEDOM,
  PRIOR_STANDARD_DEVIATIONS,
  STORED_MARGIN,
} from '#src/stats/assumptions.js';
import { predict } from '#src/stats/prediction.js';
import { seededRandom } from '#src/stats/random.js';
import { type MachineEstimate, testOverMachines } from '#src/stats/random-effects.js';
import { adjustFamily } from '#src/verdict/shift-test.js';
import { type Noise, normal } from '../../test/fixtures/noise.ts';
import { ALPHA } from './collect.ts';
import { type FalseAlarms, falseAlarms } from './summary.ts';

/**
 * A simulated fleet of runners, because no real one is available here. Every run is on another
 * machine of the same CPU model. Runs differ by their machine, by a drift over time, and by their own
 * noise. The metrics of a family share half of a machine's variance. All numbers are on the log scale.
 */
interface Fleet {
  name: string;
  /** Standard deviations, log scale. */
  machine: number;
  run: number;
  /** Step of a random walk from run to run, which all metrics share. */
  drift: number;
}

/** Machines that differ less than the shipped prior says, as much, twice as much, and with drift. */
const FLEETS: readonly Fleet[] = [
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
/** True changes of one metric, on top of the margin of a comparison with stored runs. */
const CHANGES = [0.02, 0.05, 0.1] as const;

export interface FleetSummary {
  fleet: string;
  stored: number;
  falseAlarms: FalseAlarms;
  /** The share of gates that called each of {@link CHANGES}. */
  caught: number[];
}

export function simulateFleets(seed: number): FleetSummary[] {
  const draw = normal(seededRandom(seed));
  return FLEETS.flatMap((fleet) => STORED.map((stored) => summarise(fleet, stored, draw)));
}

function summarise(fleet: Fleet, stored: number, draw: Noise): FleetSummary {
  const gates = Array.from({ length: GATES }, () => drawGate(fleet, stored, draw));
  return {
    ...{ fleet: fleet.name, stored },
    falseAlarms: falseAlarms(gates.map((gate) => calledSlower(gate, 0).length > 0)),
    caught: CHANGES.map((change) => {
      const shift = Math.log1p(STORED_MARGIN + change);
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

function drawGate(fleet: Fleet, stored: number, draw: Noise): Drawn[] {
  const ids = Object.entries(FAMILIES).flatMap(([family, count]) =>
    Array.from({ length: count }, (_, index) => ({ family, id: `${family}.${index}` })),
  );
  let drift = 0;
  const runs = Array.from({ length: stored + 1 }, () => {
    drift += fleet.drift * draw();
    const shared = new Map(Object.keys(FAMILIES).map((family) => [family, draw()]));
    return ids.map(({ family }) => {
      const machine = Math.SQRT1_2 * ((shared.get(family) ?? 0) + draw());
      return drift + fleet.machine * machine + fleet.run * draw();
    });
  });
  return ids.map(({ family, id }, index) => ({
    ...{ family, id },
    baseline: runs.slice(0, -1).map((run) => run[index] ?? 0),
    candidate: runs.at(-1)?.[index] ?? 0,
  }));
}

/** What the program's own test calls. Only the first metric is shifted. */
function calledSlower(gate: readonly Drawn[], shift: number): string[] {
  const tests = gate.map(({ id, family, baseline, candidate }, index) => {
    const prior = {
      standardDeviation: PRIOR_STANDARD_DEVIATIONS[family as Family] ?? 0.02,
      degreesOfFreedom: PRIOR_DEGREES_OF_FREEDOM,
    };
    const moved = index === 0 ? candidate + shift : candidate;
    const margin = Math.log1p(STORED_MARGIN);
    return [id, predict({ candidate: [moved], baseline, margin, prior }, 0.95)] as const;
  });
  return [...adjustFamily(new Map(tests))].flatMap(([id, test]) =>
    test.slower <= ALPHA ? [id] : [],
  );
}

const MACHINES = [1, 2, 3, 5, 8] as const;

/** True changes of one metric, on top of the margin of a paired comparison. */
const SHARD_CHANGES = [0.01, 0.02, 0.05] as const;

export interface ShardSummary {
  /** How much the change differs between machines, compared with the prior. */
  fleet: string;
  machines: number;
  falseAlarms: FalseAlarms;
  caught: number[];
}

/** Standard error of one machine's estimate, log scale: 20 pairs of a quiet metric. */
const OWN_ERROR = 0.001;

/** The same for shards: several machines measure one change, and one verdict is given over all. */
export function simulateShards(seed: number): ShardSummary[] {
  const draw = normal(seededRandom(seed));
  return [0, 1, 2].flatMap((multiple) =>
    MACHINES.map((machines) => summariseShards(multiple, machines, draw)),
  );
}

function summariseShards(multiple: number, machines: number, draw: Noise): ShardSummary {
  const between = multiple * MACHINE_PRIOR_STANDARD_DEVIATION;
  const metrics = Object.values(FAMILIES).reduce((sum, count) => sum + count, 0);
  const gates = Array.from({ length: GATES }, () =>
    Array.from({ length: metrics }, () =>
      Array.from({ length: machines }, () => ({
        estimate: Math.hypot(between, OWN_ERROR) * draw(),
        standardError: OWN_ERROR,
      })),
    ),
  );
  const calls = (change: number) => gates.map((gate) => calledOverMachines(gate, change));
  return {
    fleet: `machines that differ ${multiple === 0 ? 'in nothing' : `${multiple === 1 ? 'as' : 'twice as much as'} the prior expects`}`,
    machines,
    falseAlarms: falseAlarms(calls(0).map((called) => called.includes(true))),
    caught: SHARD_CHANGES.map((change) => {
      const called = calls(Math.log1p(PAIRED_MARGIN + change));
      return called.filter(([first]) => first).length / GATES;
    }),
  };
}

/**
 * What the program's own test of the machines' estimates calls. Only the first metric is shifted.
 * The program also tests the pairs. That test is left out, because it hardly matters for normal pairs.
 */
function calledOverMachines(gate: readonly MachineEstimate[][], shift: number): boolean[] {
  const prior = {
    standardDeviation: MACHINE_PRIOR_STANDARD_DEVIATION,
    degreesOfFreedom: MACHINE_PRIOR_DEGREES_OF_FREEDOM,
  };
  const margin = Math.log1p(PAIRED_MARGIN);
  const tests = gate.map((machines, index) => {
    const moved = machines.map((machine) => ({
      ...machine,
      estimate: machine.estimate + (index === 0 ? shift : 0),
    }));
    return [`${index}`, testOverMachines(moved, { margin, prior }, 0.95)] as const;
  });
  return [...adjustFamily(new Map(tests)).values()].map(({ slower }) => slower <= ALPHA);
}
