import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measurementFailure, reasonOf } from '../failure.js';
import { makeFolder } from '../files/folder.js';
import { readWhole } from '../files/read.js';
import { removeOthers } from '../files/remove-others.js';
import { saveFile } from '../files/write.js';
import { EXHIBIT_FILE_NAME, exhibitFileName } from '../record/exhibit.js';
import { EVIDENCE } from '../record/file.js';
import type { Report } from '../record/report.js';
import { MAX_RUN_BYTES, type Run, runText } from '../record/run.js';
import { type Evidence, exhibitsOf } from '../verdict/evidence.js';
import { writeFlames } from './flames.js';

export const REPORT_FILE = 'report.json';

/** The report as `report.json` holds it and `--json` prints it. */
export const reportText = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`;

/** What was written. */
export interface Written {
  /** The report's. */
  path: string;
  /** What could not be drawn beside it, one sentence each. */
  notes: string[];
}

/**
 * Writes a report, and in subfolders the runs that it rests on and flame graphs of what was traced.
 * The report comes after its evidence and before the evidence of the one that it replaces goes, so
 * that whenever this is cut short the report that is there has all of its own. Without a flame graph
 * it is as whole.
 *
 * @throws Failure (measurement) when the file system refuses; what was there before is then whole
 */
export async function archive(out: string, report: Report, evidence: Evidence): Promise<Written> {
  const folder = join(out, EVIDENCE);
  const exhibits = exhibitsOf(evidence);
  const path = join(out, REPORT_FILE);
  const added: string[] = [];
  try {
    await makeEvidenceFolder(folder);
    for (const exhibit of exhibits) {
      await addRun(join(folder, exhibitFileName(exhibit)), exhibit.run, added);
    }
    await saveFile(path, reportText(report));
  } catch (error) {
    await takeBack(folder, added);
    throw error;
  }
  await removeOthers(folder, EXHIBIT_FILE_NAME, new Set(exhibits.map(exhibitFileName)));
  return { path, notes: await writeFlames(out, evidence, report) };
}

async function makeEvidenceFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    throw measurementFailure(
      `${path} could not be made a folder (${reasonOf(error)}): move what is there, or choose another out folder.`,
      error,
    );
  }
}

/** Of many stored runs most were there for the last report, too. */
async function addRun(path: string, run: Run, added: string[]): Promise<void> {
  const text = runText(run);
  const { text: there } = await readWhole(path, MAX_RUN_BYTES);
  if (there === text) return;
  await saveFile(path, text);
  if (there === undefined) added.push(path);
}

/** On a disk that is full, room matters more than why there is none. */
async function takeBack(folder: string, added: readonly string[]): Promise<void> {
  for (const path of added) await rm(path, { force: true }).catch(() => undefined);
  await rmdir(folder).catch(() => undefined);
}
