import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measurementFailure, reasonOf } from '../failure.js';
import { makeFolder } from '../files/folder.js';
import { readWhole } from '../files/read.js';
import { removeOthers } from '../files/remove-others.js';
import { saveFile } from '../files/write.js';
import { EXHIBIT_FILE_NAME, type Exhibit, exhibitFileName } from '../record/exhibit.js';
import { EVIDENCE } from '../record/file.js';
import type { Report } from '../record/report.js';
import { MAX_RUN_BYTES, runText } from '../record/run.js';
import type { Comparison } from '../verdict/comparison.js';
import { writeFlames } from './flames.js';

export const REPORT_FILE = 'report.json';

/** The report as `report.json` holds it and `--json` prints it. */
export const reportText = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`;

/** A report and what it was made from. */
interface Archivable {
  report: Report;
  /** The runs that it rests on. */
  exhibits: readonly Exhibit[];
  comparison: Comparison;
}

/** What was written. */
interface Written {
  /** Path of the report. */
  path: string;
  /** One sentence for each thing that could not be drawn. */
  notes: string[];
}

/**
 * Writes a report, and in subfolders the runs that it rests on and flame graphs of traced operations.
 *
 * The evidence is written first, then the report; the evidence of an earlier report is removed last.
 * So if this is interrupted at any time, the report in the folder has all of its evidence. Flame graphs
 * are extra: the report is complete without them.
 *
 * @throws Failure (measurement) when the file system refuses; what was there before is then whole
 */
export async function archive(
  out: string,
  { report, exhibits, comparison }: Archivable,
): Promise<Written> {
  const folder = join(out, EVIDENCE);
  const path = join(out, REPORT_FILE);
  const added: string[] = [];
  try {
    await makeEvidenceFolder(folder);
    for (const exhibit of exhibits) {
      await addFile(join(folder, exhibitFileName(exhibit)), runText(exhibit.run), added);
    }
    await saveFile(path, reportText(report));
  } catch (error) {
    await takeBack(folder, added);
    throw error;
  }
  await removeOthers(folder, EXHIBIT_FILE_NAME, new Set(exhibits.map(exhibitFileName)));
  return { path, notes: await writeFlames(out, comparison) };
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

/** Keeps files that exist already, because most stored runs were there for the last report, too. */
async function addFile(path: string, text: string, added: string[]): Promise<void> {
  const { text: there } = await readWhole(path, MAX_RUN_BYTES);
  if (there === text) return;
  await saveFile(path, text);
  if (there === undefined) added.push(path);
}

/** Makes room on a full disk. Errors are ignored here: the first one is what the user is told. */
async function takeBack(folder: string, added: readonly string[]): Promise<void> {
  for (const path of added) await rm(path, { force: true }).catch(() => undefined);
  await rmdir(folder).catch(() => undefined);
}
