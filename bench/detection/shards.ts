import {
  MACHINE_PRIOR_DEGREES_OF_FREEDOM,
  MACHINE_PRIOR_STANDARD_DEVIATION,
  PAIRED_MARGIN,
} from '#src/stats/assumptions.js';
import { seededRandom } from '#src/stats/random.js';
import { type MachineEstimate, testOverMachines } from '#src/stats/random-effects.js';
import { adjustFamily } from '#src/verdict/shift-test.js';
import { type Noise, normal } from '../../test/fixtures/noise.ts';
import { ALPHA } from './collect.ts';
import { type FalseAlarms, falseAlarms } from './summary.ts';

/** Gated metrics of a gate. */
const METRICS = 56;
const GATES = 300;
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

/**
 * A simulated fleet, because no real one is available here: several machines measure one change, and one
 * verdict is given over all. All numbers are on the log scale.
 */
export function simulateShards(seed: number): ShardSummary[] {
  const draw = normal(seededRandom(seed));
  return [0, 1, 2].flatMap((multiple) =>
    MACHINES.map((machines) => summariseShards(multiple, machines, draw)),
  );
}

function summariseShards(multiple: number, machines: number, draw: Noise): ShardSummary {
  const between = multiple * MACHINE_PRIOR_STANDARD_DEVIATION;
  const gates = Array.from({ length: GATES }, () =>
    Array.from({ length: METRICS }, () =>
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
