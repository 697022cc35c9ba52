import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiagnosisReport, type Report, reportSchema } from '../../src/record/report.js';
import { cli } from '../fixtures/cli.js';

/**
 * Where the probe is put, rather than what is done to it: the cause that shows, and what carries
 * it.
 */

/** Enough for a cost that a short gate beside a busy neighbour still tells: about 1.5 % of a switch each. */
const LEVELS = 24;

let folder: string;
/** From the outermost. */
let groups: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-placement-'));
  groups = await nestGroups(`syscall-gate-${process.pid}`);
});
afterAll(async () => {
  for (const group of groups.toReversed()) await rmdir(group);
  await rm(folder, { recursive: true, force: true });
});

/** CPU cgroups inside each other: of version 1 where it has the controller, else of version 2. */
async function nestGroups(name: string): Promise<string[]> {
  const versionOne = '/sys/fs/cgroup/cpu';
  const unified = !existsSync(versionOne);
  const made: string[] = [];
  let parent = unified ? '/sys/fs/cgroup' : versionOne;
  for (let level = 1; level <= LEVELS; level++) {
    if (unified) await writeFile(join(parent, 'cgroup.subtree_control'), '+cpu');
    parent = join(parent, level === 1 ? name : `${level}`);
    await mkdir(parent);
    made.push(parent);
  }
  return made;
}

async function pairedReport(
  baseline: string,
  candidate: string,
  metrics: string[],
): Promise<Report> {
  const run = await cli([
    ...['--baseline', baseline, '--candidate', candidate, '--metrics', metrics.join(',')],
    ...['--duration', '15', '--out', folder, '--fail-on', 'never', '--json'],
  ]);
  expect(run.stderr).not.toContain('syscall-gate:');
  return reportSchema.parse(JSON.parse(run.stdout));
}

function diagnosisOf({ diagnosis, headline }: Report): DiagnosisReport {
  if (diagnosis === null) throw new Error(`no cause was found: ${headline}`);
  return diagnosis;
}

describe('a place that makes', () => {
  test('the scheduler walk through more groups: every context switch', async () => {
    const inside = `command:sh -c 'echo $$ > ${groups.at(-1)}/cgroup.procs; exec {probe}'`;
    const report = await pairedReport('host', inside, [
      'context.{pipe_self,pipe_2p_0k,ring_2p_0k,pipe_2t_0k,yield_2p,futex_2p,eventfd_2p,unix_2p}',
      'net.unix_rtt_1b,syscall.{null,read_zero,stat}',
    ]);
    const { terms, explained, carriers } = diagnosisOf(report);
    expect(terms).toMatchObject([{ quantity: 'switches' }]);
    expect(terms[0]?.low).toBeGreaterThan(0);
    expect(explained).toContain('context.yield_2p');
    expect(explained).not.toContain('context.pipe_self');
    expect(carriers[0]?.field).toBe('cgroupDepth');
  });

  test('segments smaller: every kilobyte over TCP, and none through a pipe', async () => {
    const inside = (set: string) =>
      `command:unshare --net sh -c 'ip link set lo up ${set}; exec {probe}'`;
    const report = await pairedReport(inside(''), inside('mtu 1500 gso_max_segs 8'), [
      'sendfile.tcp_64k,sendfile.tcp_64k_{more_header,writev_mmap,mmap_each,copy}',
      'sendfile.{unix,to_pipe,file_to_file,copy_file_range}_64k,syscall.null',
    ]);
    const { terms, explained, carriers } = diagnosisOf(report);
    expect(terms).toMatchObject([{ quantity: 'tcpKilobytes' }]);
    expect(terms[0]?.low).toBeGreaterThan(0);
    expect(explained).toContain('sendfile.tcp_64k');
    expect(carriers).toEqual([{ field: 'loopbackMtu', baseline: '65536', candidate: '1500' }]);
  });
});
