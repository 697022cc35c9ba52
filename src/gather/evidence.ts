import type { Config } from '../config/config.js';
import { clauseOf, Failure } from '../failure.js';
import { countSides, withInstructions } from '../measure/counting.js';
import { bothIdentities, newIdentity } from '../measure/identity.js';
import type { Bench } from '../measure/launch.js';
import type { Sides } from '../measure/rounds.js';
import type { Progress } from '../progress.js';
import type { Source } from '../record/run.js';
import type { Baseline } from '../stores/open.js';
import type { StoredRuns } from '../stores/stored-runs.js';
import type { TargetTools } from '../targets/kind.js';
import { withTargets } from '../targets/sides.js';
import type { EvidenceChoice } from '../targets/spec.js';
import type { Target } from '../targets/target.js';
import { type CountableTarget, isCountable } from '../targets/target.js';
import type { Evidence } from '../verdict/evidence.js';
import { timeAgainst, timeBoth, timeItself } from './timing.js';

interface Telling {
  progress: Progress;
  source?: Source;
}

/**
 * Measures for one gate. The baseline decides the design: a paired comparison, a run against stored
 * runs, or a self comparison. The evidence is instructions of the kernels under test, time, or both.
 *
 * @param open how the targets are opened; only tests, which need no real kernel, open them otherwise
 */
export function gatherEvidence(
  config: Config,
  bench: Bench,
  baseline: Baseline,
  telling: Telling,
  open: typeof withTargets = withTargets,
): Promise<Evidence> {
  const { candidate } = config;
  return timedIfNotCounted(config.evidence, (how) => {
    const opening = { ...telling, ...how };
    if (baseline.kind === 'target') {
      return open({ baseline: baseline.target, candidate }, bench, opening, (sides) =>
        measureBothSides(config, bench, sides, telling),
      );
    }
    return open({ candidate }, bench, opening, (sides) =>
      measureAlone(config, bench, sides.candidate, baseline.stored, telling),
    );
  });
}

/** What to measure by; if only time is left, why. */
type How = Pick<TargetTools, 'evidence' | 'uncounted'>;

/** Thrown if a host could not be counted, but can be timed. Its message is one clause. */
class NotCounted extends Error {}

/** Measures; and once more by time alone if counting fails that nobody asked for. */
async function timedIfNotCounted(
  evidence: EvidenceChoice,
  measure: (how: How) => Promise<Evidence>,
): Promise<Evidence> {
  try {
    return await measure({ evidence });
  } catch (error) {
    if (!(error instanceof NotCounted) || evidence !== 'auto') throw error;
    return measure({ evidence: 'timed', uncounted: error.message });
  }
}

/** A paired comparison: both sides can run here. */
async function measureBothSides(
  config: Config,
  bench: Bench,
  sides: Required<Sides>,
  { progress, source }: Telling,
): Promise<Evidence> {
  const counted = countableSides(sides);
  const identities = bothIdentities(source);
  const timing = { config, bench, progress };
  if (counted === undefined) return timeBoth(timing, sides, identities);
  const counts = await countOrSayWhy(config, bench, counted, progress);
  const timed = sides.baseline.timed && sides.candidate.timed;
  const times = timed ? await timeBoth(timing, sides, identities) : undefined;
  const runOf = (side: 'baseline' | 'candidate', identity = identities[0]) =>
    times ? withInstructions(times[side], counts[side].instructions) : counts[side].run(identity);
  const candidate = await runOf('candidate', identities[1]);
  return { design: 'paired', baseline: await runOf('baseline'), candidate };
}

/** The baseline is a store of earlier runs, which may be empty. */
async function measureAlone(
  config: Config,
  bench: Bench,
  candidate: Target,
  stored: StoredRuns,
  { progress, source }: Telling,
): Promise<Evidence> {
  const counted = countableSides({ candidate });
  const timing = { config, bench, progress };
  const own = newIdentity(source);
  const counts = counted && (await countOrSayWhy(config, bench, counted, progress)).candidate;
  const first = stored.runs.length === 0;
  if (counts !== undefined && !candidate.timed) {
    const run = await counts.run(own);
    return first
      ? { design: 'self', before: run, after: run, candidate: run, skipped: stored.skipped }
      : { design: 'stored', stored, candidate: run };
  }
  const times = first
    ? await timeItself(timing, candidate, stored, own, source)
    : await timeAgainst(timing, candidate, stored, own);
  return counts === undefined
    ? times
    : { ...times, candidate: withInstructions(times.candidate, counts.instructions) };
}

/**
 * Counts the sides. The image of a running kernel may need a machine that the emulator is not, so a
 * failed boot of it is no reason to judge nothing.
 *
 * @throws NotCounted if it fails and there is a host, which can be timed; Failure if there is none
 */
async function countOrSayWhy<S extends { baseline?: CountableTarget; candidate: CountableTarget }>(
  { evidence }: Config,
  bench: Bench,
  sides: S,
  progress: Progress,
): ReturnType<typeof countSides<S>> {
  try {
    return await countSides(bench, sides, progress);
  } catch (error) {
    bench.signal.throwIfAborted();
    const runsHere = Object.values<CountableTarget>(sides).some(
      ({ counting }) => counting.elsewhere,
    );
    if (evidence !== 'auto' || !runsHere || !(error instanceof Failure)) throw error;
    throw new NotCounted(clauseOf(error.message));
  }
}

/** The sides, if instructions are counted: one decision holds for both sides. */
function countableSides<S extends { baseline?: Target; candidate: Target }>(
  sides: S,
): { [K in keyof S]: CountableTarget } | undefined {
  const all = Object.values<Target>(sides).every(isCountable);
  return all ? (sides as { [K in keyof S]: CountableTarget }) : undefined;
}
