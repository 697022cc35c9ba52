import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiagnosisReport, type Report, reportSchema } from '../../src/record/report.js';
import { cli, compileProgram } from '../fixtures/cli.js';

/** Real slowdowns of three kinds, each of which many metrics show and one cause explains. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-diagnosis-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function pairedReport(baseline: string, candidate: string, metrics: string): Promise<Report> {
  const sides = ['--baseline', baseline, '--candidate', candidate];
  const run = await cli([
    ...[...sides, '--metrics', metrics, '--duration', '15'],
    ...['--out', folder, '--fail-on', 'never', '--json'],
  ]);
  expect(run.stderr).not.toContain('syscall-gate:');
  return reportSchema.parse(JSON.parse(run.stdout));
}

function diagnosisOf({ diagnosis, headline, findings: metrics }: Report): DiagnosisReport {
  if (diagnosis !== null) return diagnosis;
  const because = metrics.map(({ id, verdict, because: why }) => `${id} ${verdict}: ${why}`);
  throw new Error(['no cause was found', headline, ...because].join('\n'));
}

describe('one cause, named', () => {
  test('a seccomp filter that the kernel cannot skip: every kernel entry', async () => {
    const slowdown = compileProgram('slowdown');
    const metrics =
      'syscall.{null,enosys,read_zero,write_null,fstat,stat,open_close,fcntl_getfl},clock.vdso_monotonic,context.pipe_self,net.unix_rtt_1b';
    const report = await pairedReport('host', `command:${slowdown} 4 {probe}`, metrics);
    const { terms, explained, carriers } = diagnosisOf(report);
    expect(terms).toMatchObject([{ quantity: 'entries' }]);
    expect(terms[0]?.low).toBeGreaterThan(10);
    expect(explained).toContain('syscall.null');
    expect(carriers[0]).toEqual({
      ...{ field: 'seccompMode', baseline: 'disabled', candidate: 'filter' },
    });
    expect(report.headline).toContain('for every kernel entry explains');
  });

  test('counting context switches with perf: every context switch', async () => {
    const metrics = 'context.*,syscall.null,syscall.stat,syscall.read_zero,net.unix_rtt_1b';
    const counted = 'command:perf stat --output /dev/null --event context-switches {probe}';
    const report = await pairedReport('host', counted, metrics);
    const { terms, explained } = diagnosisOf(report);
    expect(terms).toMatchObject([{ quantity: 'switches' }]);
    expect(terms[0]?.low).toBeGreaterThan(0);
    expect(explained).toContain('context.yield_2p');
    expect(explained.some((id) => id.startsWith('syscall.'))).toBe(false);
  });

  test('smaller segments on the loopback: every kilobyte over TCP', async () => {
    const inside = (set: string) =>
      `command:unshare --net sh -c 'ip link set lo up ${set}; exec {probe}'`;
    const metrics =
      'sendfile.tcp_64k,sendfile.tcp_64k_{more_header,writev_mmap,copy,mmap_each},syscall.null,syscall.stat,context.pipe_2p_0k';
    const report = await pairedReport(inside(''), inside('mtu 1500 gso_max_segs 8'), metrics);
    const { terms, carriers } = diagnosisOf(report);
    expect(terms).toMatchObject([{ quantity: 'tcpKilobytes' }]);
    expect(terms[0]?.ns).toBeGreaterThan(0);
    expect(carriers).toContainEqual({
      ...{ field: 'loopbackMtu', baseline: '65536', candidate: '1500' },
    });
  });

  test('of sides that are the same, none', async () => {
    const report = await pairedReport('host', 'host', 'syscall.{null,enosys,stat,read_zero}');
    expect(report.diagnosis).toBeNull();
  });
});
