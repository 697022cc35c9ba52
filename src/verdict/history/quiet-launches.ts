import { median, quantile } from 'simple-statistics';
import { isTimed, type Replicate, type Run } from '../../record/run.js';
import { MIN_QUIET_LAUNCHES, QUIET_STATE, RUN_QUANTILE } from '../../stats/assumptions.js';
import { MIN_METRICS_FOR_STATE } from '../../stats/levels.js';
import { logEstimate } from '../samples.js';

/**
 * What a run says of one metric, for a comparison with runs of other days: from launches that met no
 * neighbour. All on the log scale, divided by the control loop.
 */
export interface RunLevel {
  level: number;
  /** ns per operation, as the clock read it. */
  ns: number;
  /** Of the quiet launch that was fastest. */
  lowest: number;
  /** How far each quiet launch lies above the level. */
  above: number[];
  /** The level of the run's second half less that of its first; NaN if the halves are too small. */
  halves: number;
  launches: number;
}

/** The levels of a run, and how many of its launches were quiet. */
export interface RunLevels {
  levels: ReadonlyMap<string, RunLevel>;
  quiet: number;
  launches: number;
}

/** Each half needs three launches. */
const MIN_FOR_HALVES = 6;

/** Launches of this phase measured all metrics; those that confirm were selected by what these say. */
type Measured = 'screen' | 'confirm';

/**
 * Reads the levels of a run.
 *
 * Beside a busy neighbour all operations of a launch take 20 to 30 % longer. So launches have two
 * modes, and the median of a run is whichever mode had the majority. The state of a launch is how much
 * longer its operations took than in the fastest launch of the same run: the median over the metrics.
 * That compares launches of one run only, so a change of the subject cancels, and so does the machine.
 *
 * @param which `all` for launches beside a neighbour, too
 */
export function runLevels(
  run: Run,
  phase: Measured = 'screen',
  which: 'quiet' | 'all' = 'quiet',
): RunLevels {
  const phases = new Map(run.launches.map((launch) => [launch.sequence, launch.phase]));
  const metrics = run.metrics.filter(isTimed);
  const states = launchStates(metrics.filter(({ gate }) => gate));
  const inPhase = (sequence: number) => phases.get(sequence) === phase;
  const isQuiet = (sequence: number) =>
    states.size === 0 || (states.get(sequence) ?? 0) <= QUIET_STATE;
  const levels = metrics.flatMap(({ id, replicates }): [string, RunLevel][] => {
    const kept = replicates.filter(
      ({ sequence }) => inPhase(sequence) && (which === 'all' || isQuiet(sequence)),
    );
    return kept.length < MIN_QUIET_LAUNCHES ? [] : [[id, levelOf(id, kept)]];
  });
  const launches = [...phases.keys()].filter(inPhase);
  return {
    levels: new Map(levels),
    quiet: launches.filter(isQuiet).length,
    launches: launches.length,
  };
}

interface Replicated {
  id: string;
  replicates: readonly Replicate[];
}

/** How much longer each launch took than the fastest, by its sequence; empty with too few metrics. */
function launchStates(metrics: readonly Replicated[]): Map<number, number> {
  const above = new Map<number, number[]>();
  for (const { id, replicates } of metrics) {
    const levels = replicates.map((one) => logEstimate(id, one));
    const lowest = Math.min(...levels);
    replicates.forEach(({ sequence }, index) => {
      const own = above.get(sequence) ?? [];
      own.push((levels[index] ?? 0) - lowest);
      above.set(sequence, own);
    });
  }
  const broad = [...above].filter(([, own]) => own.length >= MIN_METRICS_FOR_STATE);
  if (broad.length === 0) return new Map();
  const floor = Math.min(...broad.map(([, own]) => median(own)));
  return new Map([...above].map(([sequence, own]) => [sequence, median(own) - floor]));
}

function levelOf(id: string, replicates: readonly Replicate[]): RunLevel {
  const inOrder = replicates.toSorted((a, b) => a.sequence - b.sequence);
  const values = inOrder.map((one) => logEstimate(id, one));
  const level = quantile(values, RUN_QUANTILE);
  const half = Math.floor(values.length / 2);
  return {
    ...{ level, launches: values.length, lowest: Math.min(...values) },
    ns: quantile(
      inOrder.map(({ estimateNs }) => estimateNs),
      RUN_QUANTILE,
    ),
    above: values.map((value) => value - level),
    halves:
      values.length < MIN_FOR_HALVES
        ? Number.NaN
        : quantile(values.slice(half), RUN_QUANTILE) -
          quantile(values.slice(0, half), RUN_QUANTILE),
  };
}
