import { readArchive } from '../archive/read.js';
import { newerNotes } from '../record/run.js';
import { replayNotes } from '../report/replay-notes.js';
import type { Policy } from '../verdict/settings.js';
import { judgeEvidence } from './judge.js';
import { checkMargins, keep, type RecordedVerdict } from './recorded.js';

/** What to judge by instead of what the gate judged by. What is not given stays as it was. */
export type OtherPolicy = Partial<Policy>;

/**
 * Judges the records of a stored report again. Nothing is compiled or measured. With the policy that
 * the report states, the result is the stored report, byte for byte.
 *
 * @param path of a report, or of the out folder that holds one
 * @param out where to keep the new report and its evidence, if anywhere
 * @throws Failure when the report or a record is not there or has changed
 */
export async function replay(
  path: string,
  other: OtherPolicy,
  out?: string,
): Promise<RecordedVerdict> {
  const { report: stored, evidence } = await readArchive(path);
  checkMargins(other.margins ?? [], evidence);
  const judged = judgeEvidence(
    evidence,
    { ...policyOf(stored), ...other },
    {
      ...stored.specs,
      choice: stored.choice,
    },
  );
  const notes = [
    ...newerNotes(judged.exhibits.map(({ run }) => run)),
    ...replayNotes(stored, judged.report),
    ...(await keep(judged, out)),
  ];
  return { report: judged.report, notes };
}

const policyOf = ({ alpha, margins, failOn }: Policy): Policy => ({ alpha, margins, failOn });
