import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFileName } from '../../src/record/file.js';
import type { Run } from '../../src/record/run.js';
import { runText } from '../../src/record/run.js';
import { cli, type Finished } from '../fixtures/cli.js';
import { DESIGN, reportIn } from '../fixtures/report.js';
import { storedDays, storedPair } from '../fixtures/stored.js';

/** Judged again from records that are made up; what was measured is, too: measuring/cli.test.ts. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-replay-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** No compiler and nowhere to cache: whatever measures would fail. */
const BARE = { env: { PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere', HOME: '/nowhere' } };
const bare = (...args: string[]): Promise<Finished> => cli(args, BARE);

const reportOf = ({ stdout }: Finished) => reportIn(stdout);

async function saved(run: Run): Promise<string> {
  const path = join(folder, runFileName(run));
  await writeFile(path, runText(run));
  return path;
}

const exhibits = async (out: string): Promise<string[]> =>
  (await readdir(join(out, 'evidence'))).sort().map((name) => join(out, 'evidence', name));

describe('a paired comparison', () => {
  let out: string;
  let gated: Finished;
  beforeAll(async () => {
    out = join(folder, 'paired');
    const { baseline, candidate } = storedPair('regressed', { confirmRounds: 6 });
    const records = [await saved(baseline), await saved(candidate)];
    gated = await bare('compare', ...records, '--out', out, '--json');
  });

  test('is replayed to the byte with no compiler, to the same exit code', async () => {
    expect(reportOf(gated).verdict).toBe('regressed');
    const replayed = await bare('replay', out, '--json');
    expect(replayed).toEqual({
      code: 1,
      stdout: await readFile(join(out, 'report.json'), 'utf8'),
      stderr: 'The records give the stored report, byte for byte.\n',
    });
    expect(replayed.stdout).toBe(gated.stdout);
    expect(await bare('replay', join(out, 'report.json'), '--json')).toEqual(replayed);
  });

  test('is compared from its records to the same report', async () => {
    const [baseline = '', candidate = '', ...others] = await exhibits(out);
    expect(others).toEqual([]);
    const compared = await bare('compare', baseline, candidate, '--json');
    expect(compared).toEqual({ code: 1, stdout: gated.stdout, stderr: '' });
  });

  test('turns round with its records', async () => {
    const [baseline = '', candidate = ''] = await exhibits(out);
    const turned = await bare('compare', candidate, baseline, '--json');
    expect(reportOf(turned)).toMatchObject({ design: DESIGN.paired, verdict: 'improved' });
    expect(turned.code).toBe(0);
    expect(turned.stderr).toContain('compared the other way round');
  });

  test('is judged with another margin, and says what was changed', async () => {
    const wide = await bare('replay', out, '--json', '--margin', '900%');
    expect(wide.stderr).toBe('Judged with margin *=900% instead of as the design has it.\n');
    expect(wide.code).toBe(0);
    const { verdict, margins } = reportOf(wide);
    expect(verdict).toBe('unchanged');
    expect(margins).toEqual([{ glob: '*', ratio: 9 }]);
  });

  test('passes under another policy, with the same verdict', async () => {
    const lenient = await bare('replay', out, '--json', '--fail-on', 'never');
    expect(lenient.code).toBe(0);
    expect(reportOf(lenient)).toMatchObject({ verdict: 'regressed', passed: true });
    expect(lenient.stderr).toBe('Judged with fail-on never instead of regression.\n');
  });

  test('is judged at another level, which its pairs do not reach', async () => {
    const strict = await bare('replay', out, '--json', '--alpha', '0.000001');
    expect(reportOf(strict)).toMatchObject({ alpha: 1e-6, verdict: 'inconclusive' });
    expect(reportOf(strict).caveats).toContainEqual(
      expect.stringContaining('nothing can be called changed'),
    );
    expect(strict.stderr).toBe('Judged with alpha 0.000001 instead of 0.01.\n');
  });

  test('keeps a replayed report with its evidence, which is replayed in turn', async () => {
    const again = join(folder, 'again');
    const kept = await bare('replay', out, '--margin', '900%', '--out', again, '--json');
    const replayed = await bare('replay', again, '--json');
    expect(replayed.stdout).toBe(kept.stdout);
    expect(replayed.stderr).toContain('byte for byte');
    expect((await readdir(again)).sort()).toEqual(['evidence', 'report.json']);
  });

  test('is shown at a terminal as the gate shows it', async () => {
    const { stdout } = await bare('replay', out);
    expect(stdout).toContain('regressed');
    expect(stdout).toContain('both sides measured in turn');
  });

  test('with a report that was edited gives what its records say', async () => {
    const copy = join(folder, 'edited');
    await cp(out, copy, { recursive: true });
    const text = gated.stdout.replace('"verdict": "regressed"', '"verdict": "unchanged"');
    await writeFile(join(copy, 'report.json'), text.replace('"passed": false', '"passed": true'));
    const replayed = await bare('replay', copy, '--json');
    expect(replayed).toMatchObject({ code: 1, stdout: gated.stdout });
    expect(replayed.stderr).toBe(
      'The records do not give the stored report: it says unchanged and they say regressed.\n',
    );
  });

  test('with a record that was edited is refused in one sentence', async () => {
    const copy = join(folder, 'tampered');
    await cp(out, copy, { recursive: true });
    const [, candidate = ''] = await exhibits(copy);
    const text = await readFile(candidate, 'utf8');
    await writeFile(candidate, text.replace('"kept":', '"kept":1'));
    expect(await bare('replay', copy, '--json')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^syscall-gate: record ".*candidate-.*", .* since its SHA-256 is not the one .*: give .*\.\n$/,
      ),
    });
  });
});

describe('runs against stored ones', () => {
  test('are replayed to the byte', async () => {
    const { earlier, candidate } = storedDays('regressed');
    const out = join(folder, 'store');
    const records = await Promise.all([...earlier, candidate].map(saved));
    const judging = ['--alpha', '0.05', '--margin', 'syscall.*=50.7%,syscall.read_zero=40%'];
    const compared = await bare('compare', ...records, ...judging, '--out', out, '--json');
    const report = reportIn(compared.stdout);
    expect(report).toMatchObject({ design: DESIGN.stored, verdict: 'regressed', alpha: 0.05 });
    expect(report.baseline.runs).toHaveLength(earlier.length);
    const replayed = await bare('replay', out, '--json');
    expect(replayed).toMatchObject({ code: compared.code, stdout: compared.stdout });
    expect(await exhibits(out)).toEqual(report.records.map(({ file }) => join(out, file)).sort());
  });
});

describe('bad input', () => {
  test.each([
    [['replay'], /^syscall-gate: missing required argument 'report'; see --help\.$/],
    [
      ['replay', '/nowhere'],
      /^syscall-gate: report "\/nowhere" cannot be replayed, since it cannot/,
    ],
    [['replay', '/dev/null'], /^syscall-gate: report "\/dev\/null" .* since it is not a file/],
    [['replay', '/'], /^syscall-gate: report "\/report\.json" cannot be replayed/],
    [['replay', 'package.json'], /since it is not a syscall-gate report: give a report\.json/],
    [['replay', 'package.json', '--alpha', '7'], /^syscall-gate: alpha "7" is not/],
    [['replay', 'package.json', 'more'], /^syscall-gate: too many arguments/],
    [['replay', 'package.json', '--duration', '3'], /unknown option '--duration'/],
    [['compare'], /^syscall-gate: missing required argument 'records'/],
    [['compare', 'package.json'], /^syscall-gate: record "package\.json" cannot be compared/],
    [['compare', 'a.json', 'b.json'], /^syscall-gate: record "a\.json" .*\(ENOENT\)/],
  ])('%j ends with one sentence and exit code 2', async (args, sentence) => {
    const run = await bare(...args);
    expect(run.stderr.trim()).toMatch(sentence);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run).toMatchObject({ code: 2, stdout: '' });
  });
});
