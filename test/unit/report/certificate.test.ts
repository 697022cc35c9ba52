import { describe, expect, it } from 'vitest';
import { certificateOf, certificateTable } from '../../../src/report/certificate.js';
import { comparison, metric, notMeasured, report, unavailable } from './fixtures.js';

const certificate = (
  design: 'paired' | 'stored' | 'self',
  metrics: Parameters<typeof comparison>[1],
) => report(comparison(design, metrics)).certificate;

const floor = (ratio: number, rejections = 0) => ({
  ...{ ratio, low: 0.99, high: 1.01, confidence: 0.95 },
  ...{ pairs: 22, rejections },
});

const metrics = [
  metric('sendfile.tcp_4k', 5120, true, { marginRatio: 0.04, floor: floor(0.97), mde80: 0.05 }),
  metric('syscall.null', 81, true, { floor: floor(1.001), mde80: 0.021 }),
  metric('syscall.stat', 337, true, { floor: floor(0.998, 1), mde80: 0.025 }),
  metric('syscall.fstat', 168, true, { marginRatio: 0.03, floor: floor(1.003), mde80: 0.033 }),
  metric('syscall.seccomp_args', 120, false, { floor: floor(1.5, 2), mde80: 0.9 }),
];

describe('the certificate', () => {
  it('tells of each family, the cheapest crossing first, and of gated metrics only', () => {
    const { families } = certificate('paired', metrics);
    expect(families.map(({ family, gated }) => [family, gated])).toEqual([
      ['syscall', 3],
      ['sendfile', 1],
    ]);
    expect(families[0]).toMatchObject({
      margin: { low: 0.02, high: 0.03 },
      floor: { worst: expect.closeTo(0.003), worstId: 'syscall.fstat', rejections: 1, tests: 6 },
      mde80: { median: 0.025, worst: 0.033, worstId: 'syscall.fstat' },
      blind: 0,
    });
    expect(families[1]?.floor?.median).toBeCloseTo(0.03);
  });

  it('does not let a metric for which nothing could be called pass for a sensitive one', () => {
    const blind = metric('syscall.stat', 337, true, { mde80: Number.POSITIVE_INFINITY });
    const made = certificate('paired', [...metrics.slice(0, 2), blind]);
    expect(made.families[0]).toMatchObject({ gated: 2, blind: 1, mde80: { worst: 0.021 } });
    expect(certificateTable(made).groups[0]?.rows[0]?.cells).toContain('none for 1');
  });

  it('has no margin, floor or MDE80 for what is counted', () => {
    const { change: _, floor: __, mde80: ___, ...counted } = metric('exact.segments', 5, true);
    const made = certificate('paired', [{ ...counted, marginRatio: 0 }]);
    const nothing = { margin: null, floor: null, mde80: null, blind: 0 };
    expect(made.families).toEqual([{ family: 'exact', gated: 1, ...nothing }]);
  });

  it('leaves out what was not measured', () => {
    const denied = notMeasured('denied', 'socket', 1, 'Operation not permitted');
    const lost = unavailable('sendfile.tcp_4k', denied, denied, 'Denied.');
    expect(certificate('paired', [...metrics.slice(1, 3), lost]).families).toHaveLength(1);
  });

  it('says what the false-alarm rate means, by design', () => {
    const { alpha, holds } = certificate('paired', metrics);
    expect(alpha).toBe(0.01);
    expect(holds).toBe(
      "At most 1 in 100 unchanged runs call any of 4 gated metrics regressed, and no more call any improved (Holm's correction over all metrics, on fresh launches only).",
    );
    expect(certificate('stored', metrics).holds).toMatch(
      /provided that new runs vary as much as the st/,
    );
    expect(certificate('self', metrics).holds).toMatch(
      /^Nothing was judged\. In a paired comparison, at most /,
    );
    expect(
      certificateOf({ design: 'paired', alpha: 0.03, familySize: 4, findings: [] }).holds,
    ).toMatch(/^At most 3 % of unchanged runs call /);
    expect(certificate('paired', metrics.slice(4)).holds).toMatch(/^No gated metric was tested/);
  });
});
