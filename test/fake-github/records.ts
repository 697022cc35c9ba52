import { unzipTexts } from '../../src/github/unzip.js';
import { MAX_RUN_BYTES, makeRun, type Run, type Source } from '../../src/record/run.js';
import { syntheticRun } from '../fixtures/runs.js';
import { DEFAULT_BRANCH, REPOSITORY } from './events.js';
import { makeZip } from './zip.js';

export const sourceOfRun = (runId: number, changes: Partial<Source> = {}): Source => ({
  repository: REPOSITORY,
  branch: DEFAULT_BRANCH,
  commit: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
  event: 'push',
  runId,
  runAttempt: 1,
  ...changes,
});

/** The record that a workflow run on the default branch stores. Later runs start later. */
export function recordOfRun(runId: number, source = sourceOfRun(runId)): Run {
  const startedAt = new Date(Date.UTC(2026, 0, 1) + runId * 60_000).toISOString();
  const metrics = [{ id: 'syscall.null', ns: 80 }];
  return makeRun({
    ...syntheticRun({ seed: runId, startedAt, metrics, screen: [0, 1, 2, 3] }),
    source,
  });
}

/** The record in an archive that the action stored. */
export async function readRecord(zip: Buffer): Promise<string> {
  const limits = { entries: 1, inflatedBytes: MAX_RUN_BYTES, ratio: 1000 };
  const file = await unzipTexts(zip, '.run.json', limits);
  if (!file.ok) throw new Error(file.reason);
  return file.texts[0] ?? '';
}

/** An archive as the action stores it. The test may have changed the record. */
export const writeRecord = (record: Record<string, unknown> & { id: string }): Buffer =>
  makeZip([{ name: `${record.id}.run.json`, content: JSON.stringify(record) }]);

/** An archive as the action stored it, with another record in it. */
export async function changeRecord(zip: Buffer, change: (run: Run) => Run): Promise<Buffer> {
  return writeRecord({ ...change(JSON.parse(await readRecord(zip))) });
}
