import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FindingReport } from '../../../src/record/finding.js';
import { type Report, reportSchema } from '../../../src/record/report.js';
import { cli } from '../../fixtures/cli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-e2e-'));
  // Other users run the compiled probe from here.
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The host against the host inside something that takes a part of it away. */
async function confined(wrapper: string, metrics: string): Promise<Report> {
  const run = await cli(
    [
      ...['--baseline', 'host', '--candidate', `command:${wrapper}`],
      ...['--metrics', metrics, '--duration', '6', '--out', join(folder, 'out'), '--json'],
    ],
    { env: { XDG_CACHE_HOME: folder } },
  );
  expect(run.stderr).not.toContain('syscall-gate:');
  return reportSchema.parse(JSON.parse(run.stdout));
}

const statuses = (metrics: readonly FindingReport[]): string[] => [
  ...new Set(metrics.map(({ candidate }) => candidate.status)),
];

const family = (report: Report, name: string): FindingReport[] =>
  report.findings.filter(({ id }) => id.startsWith(`${name}.`));

describe('a report on a side that is confined', () => {
  test('without a network says no_loopback for what needs one and measures the rest', async () => {
    const report = await confined('unshare --net {probe}', 'sendfile.tcp_4k*,syscall.null');
    expect(statuses(family(report, 'sendfile'))).toEqual(['no_loopback']);
    for (const metric of family(report, 'sendfile')) {
      expect(metric).toMatchObject({ verdict: 'blocked', change: null });
      expect(metric.candidate).toHaveProperty('reason');
    }
    expect(statuses(family(report, 'syscall'))).toEqual(['ok']);
    expect(report.headline).toMatch(/^there is no loopback device, /);
  });

  test('as another user says so', async () => {
    const user = 'setpriv --reuid=65534 --regid=65534 --clear-groups {probe}';
    const report = await confined(user, 'syscall.null,context.pipe_2p_0k');
    expect(statuses(report.findings)).toEqual(['ok']);
    expect(report.differences).toContainEqual({
      field: 'probeUid',
      baseline: '0',
      candidate: '65534',
    });
  });

  test('without /proc and /sys says what it does not know', async () => {
    const hidden = `unshare --mount sh -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys && exec {probe}'`;
    const report = await confined(hidden, 'syscall.null,context.pipe_2p_0k,sendfile.tcp_4k');
    expect(statuses(report.findings)).toEqual(['ok']);
    expect(report.subject).toMatchObject({ seccompMode: 'unknown', kernelCommandLine: 'unknown' });
  });
});
