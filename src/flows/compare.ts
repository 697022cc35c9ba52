import { usageFailure } from '../failure.js';
import { oldestFirst } from '../record/earlier-runs.js';
import { RUN_SUFFIX } from '../record/file.js';
import type { Run } from '../record/run.js';
import { readRecord } from '../stores/directory.js';
import type { Evidence } from '../verdict/evidence.js';
import type { Policy } from '../verdict/settings.js';
import { judgeEvidence } from './judge.js';
import { checkMargins, type Judged, keep } from './judged.js';

/** A run record and the path that it was given by. */
interface Given {
  path: string;
  run: Run;
  notes: string[];
}

/**
 * Compares stored run records: the last with the ones before it. Nothing is compiled or measured.
 *
 * The two sides of one duet are compared as the duet that they were measured as; anything else is a
 * candidate against runs of earlier jobs. The first is the baseline since the user says so, even
 * where it was the candidate of that duet: pairs of launches have no direction.
 *
 * @param out where to keep the report and its evidence, if anywhere
 * @throws Failure (usage) when a file is no run record, or the same run is given twice
 */
export async function compareRecords(
  paths: readonly string[],
  policy: Policy,
  out?: string,
): Promise<Judged> {
  // One after the other, so that of several that are wrong the first is named.
  const given: Given[] = [];
  for (const path of paths) given.push(await readGiven(path));
  const candidate = given.pop();
  const [first, ...others] = given;
  if (candidate === undefined || first === undefined) {
    throw usageFailure(
      'compare needs two run records at least: give the baseline first and the candidate last.',
    );
  }
  refuseTwins([...given, candidate]);
  const evidence = evidenceFor(given, candidate.run);
  checkMargins(policy.margins, evidence);
  const report = judgeEvidence(evidence, policy, {
    baseline: evidence.design === 'duet' ? first.run.target.spec : filesText(first, others.length),
    candidate: candidate.run.target.spec,
  });
  const left = [first, ...others, candidate].flatMap((one) => one.notes);
  const notes = await keep(report, evidence, out);
  return { report, notes: [...left, ...turnedRound(first, candidate, evidence), ...notes] };
}

async function readGiven(path: string): Promise<Given> {
  const { run, why, note } = await readRecord(path);
  if (run) return { path, run, notes: note ? [`"${path}" ${note}.`] : [] };
  throw usageFailure(
    `record "${path}" cannot be compared, since ${why}: give run records (*${RUN_SUFFIX}).`,
  );
}

/** A run that counts twice would make the baseline look steadier than it is. */
function refuseTwins(given: readonly Given[]): void {
  const seen = new Map<string, string>();
  for (const { path, run } of given) {
    const twin = seen.get(run.id);
    if (twin !== undefined) {
      throw usageFailure(
        `"${twin}" and "${path}" are one and the same run, ${run.id}, which says nothing about a change: give each run once.`,
      );
    }
    seen.set(run.id, path);
  }
}

function evidenceFor(baseline: readonly Given[], candidate: Run): Evidence {
  const runs = baseline.map(({ run }) => run).sort(oldestFirst);
  const [only] = runs;
  return only && runs.length === 1 && areOneDuet(only, candidate)
    ? { design: 'duet', baseline: only, candidate }
    : { design: 'prediction', stored: { runs, skipped: [] }, candidate };
}

const areOneDuet = ({ duet: one }: Run, { duet: other }: Run): boolean =>
  one !== undefined && other !== undefined && one.id === other.id && one.side !== other.side;

const filesText = ({ path }: Given, others: number): string =>
  others === 0 ? `file:${path}` : `file:${path} and ${others} more`;

/** Not to be mistaken for what the gate said then. */
const turnedRound = (first: Given, last: Given, { design }: Evidence): string[] =>
  design === 'duet' && first.run.duet?.side === 'candidate'
    ? [
        `"${first.path}" was the candidate of this duet and "${last.path}" its baseline: they are compared the other way round, as given here.`,
      ]
    : [];
