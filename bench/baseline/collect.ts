import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SLOWED, UNCHANGED } from './records.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const DURATION = '15s';

/** Filters of each gate in turn: three unchanged gates, then a slowed one. */
const TURN = [0, 0, 0, 2, 0, 0, 0, 4] as const;

interface Collecting {
  minutes: number;
  /** Gets the records. */
  records: string;
  /** A temporary folder. */
  folder: string;
  signal: AbortSignal;
}

/** Measures real gates, one after another, until the time is up. */
export async function collect({ minutes, records, folder, signal }: Collecting): Promise<void> {
  const slowdown = join(folder, 'slowdown');
  await run('cc', ['-O2', '-o', slowdown, join(ROOT, 'test', 'native', 'slowdown.c')], { signal });
  const end = performance.now() + minutes * 60_000;
  for (let gate = 0; performance.now() < end; gate++) {
    const filters = TURN[gate % TURN.length] ?? 0;
    const to = join(records, filters === 0 ? UNCHANGED : SLOWED);
    const prefix = filters === 0 ? [] : [slowdown, `${filters}`];
    const stored = await measure(prefix, to, folder, signal);
    process.stderr.write(`${stored} (${filters} filters)\n`);
  }
}

async function measure(
  prefix: readonly string[],
  to: string,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const out = await mkdtemp(join(folder, 'out-'));
  const asked = ['--candidate', 'host', '--evidence', 'timed', '--duration', DURATION];
  const gate = ['dist/cli.js', ...asked, '--out', out];
  const [file = process.execPath, ...argv] = [...prefix, process.execPath, ...gate];
  // A gate that fails says so by its exit code, and has its record all the same.
  const failure = await run(file, argv, { cwd: ROOT, signal }).then(() => undefined, String);
  signal.throwIfAborted();
  const files = await readdir(out, { recursive: true });
  // Copies of the run for a report have a word before the date.
  const record = files.find((name) => /(^|\/)\d[^/]*\.run\.json$/.test(name));
  if (record === undefined) throw new Error(`A gate left no record: ${failure ?? 'no reason'}`);
  await mkdir(to, { recursive: true });
  const name = record.split('/').at(-1) ?? record;
  await copyFile(join(out, record), join(to, name));
  await rm(out, { recursive: true });
  return name;
}
