import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usageFailure } from '../failure.js';
import { readWhole } from '../files/read.js';
import { digestOf, EVIDENCE } from '../record/file.js';
import {
  MAX_REPORT_BYTES,
  parseReport,
  REPORT_VERSION,
  type RecordReference,
} from '../record/report.js';
import { parseReportV1, type ReportV1Parse } from '../record/report-v1.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';
import { type StoredReport, storedReport } from '../record/stored-report.js';
import { claimedMajor, type StrictParse } from '../record/strict.js';
import { type Evidence, evidenceOf } from '../verdict/evidence.js';
import { REPORT_FILE } from './write.js';

/** A report and the runs that it rests on, read back and checked against their SHA-256. */
interface Archived {
  report: StoredReport;
  evidence: Evidence;
}

/**
 * Reads a report and the evidence beside it.
 *
 * @param path of a report, or of the out folder that holds one
 * @throws Failure (usage) when it is no report, or a record is missing or has changed
 */
export async function readArchive(path: string): Promise<Archived> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, REPORT_FILE) : path;
  const report = await readReport(file);
  const exhibits = await Promise.all(
    report.records.map(async (record) => ({
      role: record.role,
      run: await readExhibit(join(dirname(file), record.file), record),
    })),
  );
  const evidence = evidenceOf(report.design, exhibits, report.skipped);
  if (evidence) return { report, evidence };
  throw notReplayed(
    file,
    `its records do not fit the design "${report.design}"`,
    `give the ${REPORT_FILE} as syscall-gate wrote it`,
  );
}

async function readReport(file: string): Promise<StoredReport> {
  const { text, why } = await readWhole(file, MAX_REPORT_BYTES);
  if (text === undefined) throw notReplayed(file, why);
  const major = claimedMajor(text) ?? KNOWN_MAJOR;
  const parse: ReportV1Parse = major === 1 ? parseReportV1(text) : readToday(text);
  if (parse.ok) return parse.value;
  throw notReplayed(file, parse.reason, parse.remedy ?? (major > KNOWN_MAJOR ? NEWER : undefined));
}

const KNOWN_MAJOR = Number.parseInt(REPORT_VERSION, 10);

const NEWER = 'replay it with the syscall-gate that wrote it, or a newer one';

function readToday(text: string): StrictParse<StoredReport> {
  const parse = parseReport(text);
  return parse.ok ? { ...parse, value: storedReport(parse.value) } : parse;
}

const ANOTHER = `give a ${REPORT_FILE} of syscall-gate, or the out folder that it lies in`;

const notReplayed = (file: string, why: string, remedy = ANOTHER): Error =>
  usageFailure(`report "${file}" cannot be replayed, since ${why}: ${remedy}.`);

async function readExhibit(path: string, { id, sha256 }: RecordReference): Promise<Run> {
  const { text, why } = await readWhole(path, MAX_RUN_BYTES);
  if (text === undefined) throw notEvidence(path, why);
  if (digestOf(text) !== sha256)
    throw notEvidence(path, 'its SHA-256 is not the one that the report states');
  const parse = parseRun(text);
  if (!parse.ok) throw notEvidence(path, parse.reason);
  const { run } = parse;
  if (run.id === id) return run;
  throw notEvidence(path, `it is run ${run.id} and the report names run ${id}`);
}

const notEvidence = (path: string, why: string): Error =>
  usageFailure(
    `record "${path}", on which the report rests, cannot be used, since ${why}: give the report together with the folder ${EVIDENCE} that was written beside it.`,
  );
