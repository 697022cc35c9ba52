import { describe, expect, test } from 'vitest';
import { VERDICTS } from '../../../src/record/verdict.js';
import { isClear } from '../../../src/report/verdict-words.js';
import { countedReport } from './counted-fixtures.js';
import {
  cleanReport,
  comparison,
  deniedReport,
  diagnosedReport,
  hugeReport,
  metric,
  notMeasured,
  regressed,
  report,
  sandboxReport,
  unavailable,
} from './fixtures.js';

const measured = { status: 'ok', unit: 'ns', estimate: 81.3, replicates: 24 } as const;
const refused = notMeasured('denied', 'openat', 1, 'Operation not permitted');

describe('alarms', () => {
  test('are none where nothing is worse', () => {
    expect(cleanReport().alarms).toEqual([]);
  });

  test('name an operation that is lost once, with every metric that needs it, before all else', () => {
    const [first, ...others] = report(
      comparison('paired', [
        regressed('syscall.null', 81, true, 25),
        unavailable('syscall.open_close', measured, refused, 'Denied.'),
        unavailable('syscall.stat', measured, refused, 'Denied.'),
      ]),
    ).alarms;
    expect(first).toEqual({
      verdict: 'blocked',
      title: 'openat is refused: EPERM',
      text: 'The baseline can do it and the candidate cannot: syscall.open_close, syscall.stat.',
      metrics: ['syscall.open_close', 'syscall.stat'],
    });
    expect(others.map(({ verdict, metrics }) => [verdict, metrics])).toEqual([
      ['regressed', ['syscall.null']],
    ]);
  });

  test('are one for a call that is lost with several paths, which are named', () => {
    const lost = (operation: string) => notMeasured('denied', operation, 1, 'Not permitted');
    const { alarms, headline } = report(
      comparison('paired', [
        unavailable('syscall.open_close', measured, lost('openat(/dev/null)'), 'Denied.'),
        unavailable('syscall.stat', measured, lost('open(/dev/zero)'), 'Denied.'),
        unavailable('sendfile.proc', measured, lost('openat(/dev/null)'), 'Denied.'),
        unavailable('sendfile.x', measured, notMeasured('error', 'open(/x)', 2, 'None'), 'Lost.'),
      ]),
    );
    expect(alarms).toMatchObject([
      {
        title: 'openat is refused: EPERM',
        text: expect.stringMatching(
          /: syscall\.open_close, sendfile\.proc \(openat\(\/dev\/null\)\), syscall\.stat \(open\(\/dev\/zero\)\)\.$/,
        ),
        metrics: ['syscall.open_close', 'syscall.stat', 'sendfile.proc'],
      },
      { title: 'open(/x) fails: ENOENT', metrics: ['sendfile.x'] },
    ]);
    expect(headline).toMatch(/^openat is refused: EPERM \(syscall\.open_close and 2 others\)/);
  });

  test('say by what an operation fails, whatever stands in its way', () => {
    const titles = [
      notMeasured('unsupported', 'io_uring_setup', 38, 'Function not implemented'),
      notMeasured('no_loopback', 'connect(127.0.0.1)', 101, 'Network is unreachable'),
      notMeasured('error', 'read(/dev/zero)', 0, 'it read nothing'),
      notMeasured('error', 'futex', 4095, 'Unknown error 4095'),
    ].map((lost) => {
      const compared = comparison('paired', [unavailable('syscall.a', measured, lost, 'Lost.')]);
      return report(compared).alarms[0]?.title;
    });
    expect(titles).toEqual([
      'io_uring_setup is not supported: ENOSYS',
      'there is no loopback device, connect(127.0.0.1) fails: ENETUNREACH',
      'read(/dev/zero) fails: it read nothing',
      'futex fails: errno 4095',
    ]);
  });

  test('are one for a cost of every kernel entry, with the metrics that it explains inside', () => {
    const { alarms, diagnosis } = diagnosedReport();
    expect(alarms).toHaveLength(2);
    expect(alarms[0]?.title).toMatch(/^\+56\.\d ns for every kernel entry: 12 metrics regressed$/);
    expect(alarms[0]?.metrics.toSorted()).toEqual(diagnosis?.explained.toSorted());
    expect(alarms[1]?.metrics).toEqual(['sendfile.tcp_64k_copy']);
  });

  test('of counts are one for each function that grew', () => {
    const { alarms, counts } = countedReport();
    expect(alarms.map(({ title }) => title)).toEqual([
      expect.stringMatching(/^\+40 in .*bpf_lsm_file_permission.*: 5 metrics take more instruc/),
      expect.stringMatching(/entry_SYSCALL_64 and .*: 4 metrics take more instructions$/),
    ]);
    expect(counts.regressed).toBe(9);
    expect(new Set(alarms.flatMap(({ metrics }) => metrics)).size).toBe(9);
  });

  test('are raised by gated metrics alone', () => {
    const lost = unavailable('syscall.a', measured, refused, 'Denied.');
    const quiet = report(
      comparison('paired', [
        metric('syscall.null', 81, true),
        { ...lost, gate: false },
        regressed('host.x', 100, false, 50),
      ]),
    );
    expect(quiet).toMatchObject({ verdict: 'unchanged', passed: true, alarms: [] });
  });

  test('hold every gated metric that is worse, once for each measure', () => {
    for (const made of [diagnosedReport(), deniedReport(), sandboxReport(), hugeReport(40)]) {
      const worse = made.findings.filter(
        ({ gate, verdict }) => gate && (verdict === 'blocked' || verdict === 'regressed'),
      );
      expect(made.alarms.flatMap(({ metrics }) => metrics).toSorted()).toEqual(
        worse.map(({ id }) => id).toSorted(),
      );
    }
  });
});

test('a gate that lost an operation is not clear, and never green by default', () => {
  const denied = deniedReport();
  expect(denied).toMatchObject({ verdict: 'blocked', passed: false });
  expect(denied.headline).toMatch(
    /^socket\(AF_INET\) is refused: EPERM \(sendfile\.tcp_64k and 4 o/,
  );
  expect(isClear(denied)).toBe(false);
  expect(VERDICTS[0]).toBe('blocked');
});
