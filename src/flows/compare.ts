import { usageFailure } from '../failure.js';
import { oldestFirst } from '../record/earlier-runs.js';
import { newerNotes, type Run } from '../record/run.js';
import { type GivenRecord, readGiven } from '../stores/given-records.js';
import type { Evidence } from '../verdict/evidence.js';
import type { Policy } from '../verdict/settings.js';
import { judgeEvidence } from './judge.js';
import { checkMargins, keep, type RecordedVerdict } from './recorded.js';

/**
 * Compares run records: the last with the ones before it. Nothing is compiled or measured.
 *
 * The two sides of one paired comparison are compared as they were measured, in pairs. Anything else
 * is a candidate against runs of earlier jobs. The user decides which record is the baseline, even
 * if it was measured as the candidate, because pairs of launches have no direction.
 *
 * @param out where to keep the report and its evidence, if anywhere
 * @throws Failure (usage) when a file is no run record, or the same run is given twice
 */
export async function compareRecords(
  paths: readonly string[],
  policy: Policy,
  out?: string,
): Promise<RecordedVerdict> {
  const earlier = await readGiven(paths);
  const candidate = earlier.pop();
  const [first, ...others] = earlier;
  if (candidate === undefined || first === undefined) {
    throw usageFailure(
      'compare needs two run records at least: give the baseline first and the candidate last.',
    );
  }
  const evidence = evidenceFor(earlier, candidate.run);
  checkMargins(policy.margins, evidence);
  const judged = judgeEvidence(evidence, policy, {
    baseline:
      evidence.design === 'paired' ? first.run.target.spec : filesText(first, others.length),
    candidate: candidate.run.target.spec,
  });
  const notes = [
    ...newerNotes(judged.exhibits.map(({ run }) => run)),
    ...turnedRound(first, candidate, evidence),
    ...(await keep(judged, out)),
  ];
  return { report: judged.report, notes };
}

function evidenceFor(earlier: readonly GivenRecord[], candidate: Run): Evidence {
  const runs = earlier.map(({ run }) => run).sort(oldestFirst);
  const [only] = runs;
  return only && runs.length === 1 && arePaired(only, candidate)
    ? { design: 'paired', baseline: only, candidate }
    : { design: 'stored', stored: { runs, skipped: [] }, candidate };
}

const arePaired = ({ duet: one }: Run, { duet: other }: Run): boolean =>
  one !== undefined && other !== undefined && one.id === other.id && one.side !== other.side;

const filesText = ({ path }: GivenRecord, others: number): string =>
  others === 0 ? `file:${path}` : `file:${path} and ${others} more`;

/** Without this note the user could mistake the verdict for the gate's. */
const turnedRound = (first: GivenRecord, last: GivenRecord, { design }: Evidence): string[] =>
  design === 'paired' && first.run.duet?.side === 'candidate'
    ? [
        `"${first.path}" was the candidate when this pair was measured and "${last.path}" its baseline: they are compared the other way round, as given here.`,
      ]
    : [];
