import { describe, expect, test } from 'vitest';
import { type Judged, judgeEvidence } from '../../src/flows/judge.js';
import { parseReport, type Report } from '../../src/record/report.js';
import { parseRun, type Run, runText } from '../../src/record/run.js';
import { type Evidence, evidenceOf } from '../../src/verdict/evidence.js';
import type { Policy } from '../../src/verdict/settings.js';
import {
  pairedEvidence,
  selfEvidence,
  shardsEvidence,
  storedEvidence,
} from '../fixtures/evidence.js';
import { countedIn, measuredIn } from '../fixtures/findings.js';

const POLICY: Policy = { alpha: 0.01, margins: [], failOn: 'regression' };
const SPECS = { baseline: 'host', candidate: 'host' };

const judge = (evidence: Evidence, policy: Partial<Policy> = {}): Judged =>
  judgeEvidence(evidence, { ...POLICY, ...policy }, SPECS);

const judged = (evidence: Evidence, policy: Partial<Policy> = {}): Report =>
  judge(evidence, policy).report;
const exhibitsOf = (evidence: Evidence): Judged['exhibits'] => judge(evidence).exhibits;

const verdictOf = ({ findings: metrics }: Report, id: string) =>
  metrics.find((metric) => metric.id === id)?.verdict;

function reread(run: Run): Run {
  const parse = parseRun(runText(run));
  if (!parse.ok) throw new Error(parse.reason);
  return parse.run;
}

/** What is left of evidence when only its records and its report are. */
function throughFiles(evidence: Evidence): Evidence | undefined {
  const text = JSON.stringify(judged(evidence));
  const parse = parseReport(text);
  if (!parse.ok) throw new Error(parse.reason);
  const exhibits = exhibitsOf(evidence).map(({ role, run }) => ({ role, run: reread(run) }));
  return evidenceOf(parse.value.design, exhibits, parse.value.baseline.skipped);
}

describe.each([
  ['a paired comparison', pairedEvidence()],
  ['a comparison with stored runs', storedEvidence()],
  [
    'a comparison with stored runs of a machine of the same CPU model',
    storedEvidence({ cpuCount: 4 }),
  ],
  ['a comparison with stored runs of another machine', storedEvidence({ cpuModel: 'Another CPU' })],
  ['a comparison of shards', shardsEvidence()],
  ['a self comparison', selfEvidence()],
])('%s', (_, evidence) => {
  test('is judged the same from its records alone', () => {
    const again = throughFiles(evidence);
    expect(again && JSON.stringify(judged(again))).toBe(JSON.stringify(judged(evidence)));
  });

  test('names every record that it rests on, by a name of its own', () => {
    const { records } = judged(evidence);
    expect(new Set(records.map(({ file }) => file)).size).toBe(records.length);
    expect(records.at(-1)).toMatchObject({ role: 'candidate', id: evidence.candidate.id });
  });

  test('is not put together again where a record is missing', () => {
    const exhibits = exhibitsOf(evidence);
    const but = (role: string) => exhibits.filter((exhibit) => exhibit.role !== role);
    expect(evidenceOf(evidence.design, but('candidate'), [])).toBeUndefined();
    expect(
      evidenceOf(evidence.design === 'self' ? 'paired' : 'self', exhibits, []),
    ).toBeUndefined();
  });
});

test('stored runs that are not comparable decide nothing and are not kept', () => {
  const near = storedEvidence();
  const far = storedEvidence({ cpuModel: 'Another CPU' });
  const mixed: Evidence = {
    ...near,
    stored: { runs: [...far.stored.runs, ...near.stored.runs], skipped: [] },
  };
  expect(exhibitsOf(mixed)).toHaveLength(near.stored.runs.length + 1);
});

test('a stored run of another machine is kept where its counts are the baseline', () => {
  const near = storedEvidence();
  const [far] = storedEvidence({ cpuModel: 'Another CPU' }).stored.runs;
  if (far === undefined) throw new Error('no stored run');
  const counted = (run: Run, boot: number): Run => ({
    ...run,
    instructions: {
      conditions: { emulator: 'QEMU 7.2' },
      metrics: [{ id: 'syscall.null', version: 1, gate: true, status: 'ok', boots: [boot] }],
    },
  });
  const foreign = { ...counted(far, 345), id: 'f'.repeat(16) };
  const mixed: Evidence = {
    ...near,
    stored: { runs: [...near.stored.runs, foreign], skipped: [] },
    candidate: counted(near.candidate, 353),
  };
  expect(exhibitsOf(mixed)).toHaveLength(near.stored.runs.length + 2);
  const again = throughFiles(mixed);
  expect(again && JSON.stringify(judged(again))).toBe(JSON.stringify(judged(mixed)));
  expect(countedIn(judged(mixed))).toMatchObject([{ verdict: 'regressed', difference: 8 }]);
});

describe('other settings', () => {
  test('a wider margin turns a regression into none', () => {
    expect(judged(pairedEvidence())).toMatchObject({ verdict: 'regressed', passed: false });
    const wide = judged(pairedEvidence(), { margins: [{ glob: '*', ratio: 0.5 }] });
    expect(wide).toMatchObject({ verdict: 'unchanged', passed: true });
    expect(wide.margins).toEqual([{ glob: '*', ratio: 0.5 }]);
  });

  test('fail-on alone changes whether it passes, not what is said', () => {
    const lenient = judged(pairedEvidence(), { failOn: 'never' });
    expect(lenient).toMatchObject({ verdict: 'regressed', passed: true, failOn: 'never' });
  });

  test('a smaller margin calls nothing changed that fresh launches did not confirm, and says so', () => {
    const report = judged(pairedEvidence(), { margins: [{ glob: '*', ratio: 0.001 }] });
    expect(verdictOf(report, 'syscall.slightly')).toBe('inconclusive');
    expect(report.caveats).toContain(
      'The first launches suggest a change in syscall.slightly, but there are no fresh launches to confirm it, so nothing is called changed there: run the gate with this margin, and for longer.',
    );
    expect(judged(pairedEvidence()).caveats).toEqual([]);
  });

  test('a level that the fresh pairs cannot reach is said, not passed over', () => {
    const report = judged(pairedEvidence(), { alpha: 1e-6 });
    expect(verdictOf(report, 'syscall.slower')).not.toBe('regressed');
    expect(report.caveats).toEqual([
      expect.stringMatching(
        /^At an alpha of 0\.000001, confirming 1 metric takes \d+ fresh pairs of launches and there are only 16, so nothing can be called changed/,
      ),
    ]);
  });
});

test('figures have nine digits, so that the last ones of a CPU do not show', () => {
  for (const evidence of [pairedEvidence(), storedEvidence(), selfEvidence()]) {
    for (const { change, floor, mde80, p } of measuredIn(judged(evidence))) {
      for (const value of [change?.ratio, change?.low, floor?.ratio, mde80, p]) {
        if (typeof value === 'number') expect(value).toBe(Number(value.toPrecision(9)));
      }
    }
  }
});
