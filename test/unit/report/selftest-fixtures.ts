import { makeRun } from '../../../src/record/run.js';
import type { Selftest } from '../../../src/record/selftest.js';
import { buildSelftest, type Trial } from '../../../src/report/selftest-build.js';
import type { Comparison, MeasuredFinding } from '../../../src/verdict/comparison.js';
import { comparison, metric, regressed, run } from './fixtures.js';

/** ns and kernel entries of an operation. */
const OPERATIONS: readonly [id: string, ns: number, entries: number][] = [
  ['syscall.null', 80, 1],
  ['syscall.open_close', 600, 2],
  ['context.pipe_2p_0k', 1200, 4],
  ['memory.anon_fault', 500, 2],
  ['sendfile.tcp_64k', 9000, 2],
];

/** Records of which only what an operation costs by design is read. */
const record = makeRun({
  ...run('c4d5e6f708192a3b'),
  metrics: OPERATIONS.map(([id, ns, entries]) => ({
    ...{ id, version: 1, gate: true, entries, status: 'ok', unit: 'ns' },
    replicates: [{ sequence: 1, estimateNs: ns, controlNs: 1, spreadNs: 0, kept: 30, rejected: 0 }],
  })),
});

export const compared = (
  change: (id: string, ns: number, entries: number) => MeasuredFinding,
): Comparison<MeasuredFinding> =>
  comparison(
    'paired',
    OPERATIONS.map((one) => change(...one)),
    { candidate: record },
  );

const same = (id: string, ns: number): MeasuredFinding => metric(id, ns, true);

const itself = compared(same);

/** A paired comparison with what adds so much to every entry, caught or not. */
export function trial(addedNs: number, caught = true): Trial {
  const slower = (id: string, ns: number, entries: number): MeasuredFinding => {
    const ratio = 1 + (entries * addedNs) / ns;
    if (id.startsWith('memory.') || ratio < 1.02) return same(id, ns);
    if (caught) return regressed(id, ns, true, entries * addedNs);
    return metric(id, ns, true, { ratio, verdict: 'inconclusive' });
  };
  const first = { metric: 'syscall.null', screenMs: 3100, confirmMs: 2150 };
  return {
    injection: 'seccomp',
    comparison: compared(slower),
    first: caught ? first : undefined,
  };
}

export const selftest = (trials: Trial[], own = itself): Selftest =>
  buildSelftest(own, trials, '0.1.0', 20_000);

/** A mild injection and a strong one, both caught. */
export const trustedSelftest = (): Selftest =>
  selftest([{ ...trial(4), injection: 'seccomp-cached' }, trial(25)]);
