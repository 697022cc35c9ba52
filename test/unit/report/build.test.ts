import { describe, expect, it } from 'vitest';
import { reportSchema } from '../../../src/record/report.js';
import { countedReport } from './counted-fixtures.js';
import {
  CATALOGUE,
  cleanReport,
  comparison,
  deniedReport,
  hostileReport,
  hugeReport,
  metric,
  notMeasured,
  regressed,
  regressedReport,
  report,
  run,
  sandboxReport,
  selfReport,
  shardsReport,
  unavailable,
} from './fixtures.js';

const measured = { status: 'ok', unit: 'ns', estimate: 81.3, replicates: 24 } as const;

describe('buildReport', () => {
  it.each([
    ['regressed', regressedReport],
    ['clean', cleanReport],
    ['self', selfReport],
    ['denied', deniedReport],
    ['sandbox', sandboxReport],
    ['hostile', hostileReport],
    ['shards', shardsReport],
    ['counted', countedReport],
    ['huge', () => hugeReport(500)],
  ])('survives JSON: %s', (_, make) => {
    const before = make();
    expect(reportSchema.parse(JSON.parse(JSON.stringify(before)))).toEqual(before);
  });

  it('writes null where the data put no bound, since JSON has no infinity', () => {
    const unbounded = { ratio: 1.4, low: 0, high: Number.POSITIVE_INFINITY, confidence: 1 };
    const floor = { ...unbounded, pairs: 3, rejections: 0 };
    const mde80 = Number.POSITIVE_INFINITY;
    const [row] = report(
      comparison('paired', [
        metric('syscall.null', 81.3, true, { change: unbounded, floor, mde80 }),
      ]),
    ).findings;
    expect(row).toMatchObject({
      change: { ratio: 1.4, low: 0, high: null },
      floor: { high: null },
      mde80: null,
    });
  });

  it('counts gated metrics only', () => {
    const metrics = [
      regressed('syscall.null', 81, true, 25),
      regressed('sendfile.x', 81, false, 25),
    ];
    expect(report(comparison('paired', metrics)).counts).toEqual({
      blocked: 0,
      regressed: 1,
      improved: 0,
      unchanged: 0,
      inconclusive: 0,
      incomparable: 0,
    });
  });

  it('says in words what a side that has no number met', () => {
    const denied = notMeasured('denied', 'io_uring_setup', 1, 'Operation not permitted');
    const [row] = report(
      comparison('paired', [unavailable('sendfile.tcp_4k_uring', measured, denied, 'Denied.')]),
    ).findings;
    expect(row?.candidate).toEqual(denied);
  });

  it('lists what differs from the last baseline run, each mitigation by its own name', () => {
    const vulnerabilities = { meltdown: 'Mitigation: PTI', mds: 'Not affected' };
    const compared = comparison('stored', [metric('syscall.null', 81.3, true)], {
      baseline: [
        run('0000000000000001', { libc: 'musl 1.2', vulnerabilities }),
        run('0000000000000002', { vulnerabilities: { ...vulnerabilities, l1tf: 'Vulnerable' } }),
      ],
      candidate: run('0000000000000003', {
        seccompFilters: '1',
        probeUid: 0,
        vulnerabilities: { ...vulnerabilities, meltdown: 'Vulnerable' },
      }),
    });
    expect(report(compared).differences).toEqual([
      { field: 'seccompFilters', baseline: '0', candidate: '1' },
      { field: 'probeUid', baseline: '1000', candidate: '0' },
      { field: 'vulnerabilities.meltdown', baseline: 'Mitigation: PTI', candidate: 'Vulnerable' },
      { field: 'vulnerabilities.l1tf', baseline: 'Vulnerable', candidate: 'absent' },
    ]);
  });

  it('finds nothing that differs from a baseline that is not there', () => {
    expect(selfReport().differences).toEqual([]);
  });

  it('refuses to make a report that its own schema refuses', () => {
    const change = { ratio: Number.NaN, low: 1, high: 1, confidence: 0.95 };
    const broken = comparison('paired', [metric('syscall.null', 81.3, true, { change })]);
    expect(() => report(broken)).toThrow();
  });
});

describe('the headline', () => {
  const unchanged = CATALOGUE.slice(2, 5).map(([id, ns, gate]) => metric(id, ns, gate));
  const headlineOf = (...metrics: Parameters<typeof comparison>[1]) =>
    report(comparison('paired', metrics)).headline;

  it('names the largest of several regressions', () => {
    const metrics = [...unchanged, regressed('syscall.a', 100, true, 5)];
    expect(headlineOf(...metrics, regressed('syscall.b', 100, true, 31.2))).toMatch(
      /^2 of 5 gated metrics regressed; the largest is syscall\.b, \+31\.2 % \(.* to .*\)\.$/,
    );
    expect(headlineOf(...metrics)).toMatch(
      /^1 of 4 gated metrics regressed: syscall\.a, \+5\.00 %/,
    );
  });

  it('leaves metrics that only inform out of the counts', () => {
    expect(headlineOf(...unchanged, regressed('host.x', 100, false, 50))).toMatch(
      /^All 3 gated metrics are unchanged;/,
    );
  });

  it('says what a run without findings could have missed', () => {
    expect(
      headlineOf(...unchanged.map((one, index) => ({ ...one, mde80: 0.01 * (index + 1) }))),
    ).toBe(
      'All 3 gated metrics are unchanged; a change of 3 % in any of them would have been noticed four times in five.',
    );
  });

  it('says how an undecided metric would be decided', () => {
    const undecided = { verdict: 'inconclusive', replicatesToSettle: 64 } as const;
    expect(headlineOf(...unchanged, metric('syscall.a', 100, true, undecided))).toBe(
      '1 of 4 gated metrics is inconclusive and none regressed; syscall.a: about 64 pairs in total would settle it.',
    );
  });

  it('does not pass over what the candidate may no longer do', () => {
    const denied = notMeasured('denied', 'socket', 1, 'Operation not permitted');
    const lost = unavailable('sendfile.tcp_4k', measured, denied, 'Denied.');
    expect(headlineOf(...unchanged, lost)).toMatch(
      /^socket is refused: EPERM \(sendfile\.tcp_4k\); 3 of 4 gated metrics are unchanged; /,
    );
    expect(headlineOf(lost)).toBe('socket is refused: EPERM (sendfile.tcp_4k).');
  });

  it('says why nothing could be compared', () => {
    const foreign = { verdict: 'incomparable', because: 'The runs are of another CPU.' } as const;
    expect(headlineOf(...unchanged.map((one) => ({ ...one, ...foreign })))).toBe(
      'None of 3 gated metrics could be compared; syscall.enosys: The runs are of another CPU.',
    );
  });

  it('says that there is no baseline, and what the machine could tell apart', () => {
    expect(selfReport().headline).toMatch(
      /^There is no baseline yet, so nothing was judged; noise here: two identical sides differ by 0\.\d+ %, and a paired comparison would notice a change of 2\.\d % four times in five/,
    );
  });

  it('does not call a gate without gated metrics green', () => {
    expect(headlineOf(metric('host.x', 100, false))).toBe(
      'No gated metric was measured, so nothing was judged.',
    );
  });
});
