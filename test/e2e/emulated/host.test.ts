import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parseConfig, type RawInputs } from '../../../src/config/inputs.js';
import { Failure } from '../../../src/failure.js';
import { judgeEvidence } from '../../../src/flows/judge.js';
import { gatherEvidence } from '../../../src/gather/evidence.js';
import { prepareBench } from '../../../src/measure/bench.js';
import type { Report } from '../../../src/record/report.js';
import { parseRun, type Run, runText } from '../../../src/record/run.js';
import { renderTerminal } from '../../../src/render/terminal.js';
import type { Baseline } from '../../../src/stores/open.js';
import { isRunnable } from '../../../src/targets/index.js';
import { readImage } from '../../../src/targets/kernel/image.js';
import type { RunningKernel } from '../../../src/targets/kernel/running.js';
import { withTargets } from '../../../src/targets/sides.js';
import { countedFinding, countedIn } from '../../fixtures/findings.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { Scratch } from '../../fixtures/scratch.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

/**
 * A host, whose instructions are counted in QEMU by the image of its kernel. What runs here may have
 * no image, so an installed kernel of Debian is said to be the running one.
 */

const scratch = new Scratch('host-counts');

const METRICS = 'syscall.null,syscall.read_zero';

/** The command line of a machine with a disk, a console and modules, none of which a boot here has. */
const LINE = 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 rootwait console=tty0 init=/sbin/init quiet';

/** An installed kernel as the running one. */
async function running(words = ''): Promise<RunningKernel> {
  const boot = join(scratch.folder, 'boot');
  const { version = '' } = await readImage(bootableKernel(), NEVER);
  const [, release = '', build = ''] = /^(\S+) \(.*?\) (#.*)$/.exec(version) ?? [];
  await mkdir(boot, { recursive: true });
  await symlink(bootableKernel(), join(boot, `vmlinuz-${release}`)).catch(() => undefined);
  return {
    ...{ release, version: build, boot, modules: join(scratch.folder, 'modules'), sudo: false },
    commandLine: `${LINE} ${words}`,
  };
}

const NEVER = new AbortController().signal;

interface Gated {
  report: Report;
  run: Run;
  /** What the progress said. */
  told: string[];
}

/** A gate as it is run here, with that kernel as the one that runs. */
async function gated(
  kernel: RunningKernel,
  inputs: RawInputs,
  stored: readonly Run[] = [],
): Promise<Gated> {
  const told: string[] = [];
  const tell = (sentence: string): number => told.push(sentence);
  const progress = { ...SILENT, phase: tell, note: tell, warn: tell };
  const config = parseConfig({ metrics: METRICS, failOn: 'never', duration: '5s', ...inputs });
  const bench = await prepareBench(config, { progress, signal: NEVER });
  const { spec } = config.baseline.kind === 'auto' ? { spec: 'directory:runs' } : config.baseline;
  const baseline: Baseline = isRunnable(config.baseline)
    ? { kind: 'target', spec, target: config.baseline }
    : {
        ...{ kind: 'stored', spec },
        stored: { runs: [...stored], skipped: [], origin: 'the folder runs' },
      };
  const open: typeof withTargets = (specs, tools, opening, work) =>
    withTargets(specs, tools, { ...opening, running: kernel }, work);
  const evidence = await gatherEvidence(config, bench, baseline, { progress }, open);
  const origin = { baseline: spec, candidate: config.candidate.spec };
  const { report } = judgeEvidence(evidence, config, origin);
  return { report, run: stored_(evidence.candidate), told };
}

/** The run as a later job reads it. */
function stored_(run: Run): Run {
  const parse = parseRun(runText(run));
  if (parse.ok) return parse.run;
  throw new Error(parse.reason);
}

const textOf = (report: Report): string =>
  renderTerminal(report, { columns: 100, colour: false }).replaceAll(/\s+/g, ' ');

/** The same run as if of another machine with another processor. */
const ofAnother = (run: Run): Run =>
  stored_({
    ...run,
    id: 'f'.repeat(16),
    platform: { ...run.platform, cpuModel: 'Another CPU', cpuVendor: 'Another' },
  });

describe('a host whose kernel has its image', () => {
  let first: Gated;
  beforeAll(async () => {
    first = await gated(await running('mitigations=auto'), {});
  });

  test('is timed, and its kernel is counted', () => {
    const { run, report, told } = first;
    expect(report.verdict).toBe('no-baseline');
    expect(run.metrics.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(run.instructions?.metrics.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(told).toContain(
      'Count instructions in 2 boots, and trace the first; the duration begins after that',
    );
    expect(run.target.facts).toMatchObject({
      ...{ kernel: expect.stringContaining('#1 SMP'), 'booted with': 'mitigations=auto' },
      ...{ machine: 'pc', cpu: 'max', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  test('is described as the machine that it is, not as the one that counts', () => {
    const { run } = first;
    expect(run.platform.cpuModel).not.toContain('QEMU');
    expect(run.subject.kernelCommandLine).not.toContain('nokaslr');
    expect(run.target.machine).toBeUndefined();
  });

  test('is compared with a stored run exactly, when its command line has changed', async () => {
    const { report, run } = await gated(await running('mitigations=off'), {}, [first.run]);
    expect(report.design).toBe('stored');
    expect(report.verdict).toBe('improved');
    const call = countedFinding(report, 'syscall.null');
    expect(call.difference).toBeLessThan(-4);
    expect(call.resolution).toBeLessThanOrEqual(0.1);
    expect(call.calls?.length).toBeGreaterThan(0);
    expect(run.target.facts?.['booted with']).toBe('mitigations=off');
    // The kernel that runs here is the same one, and one stored run calls no time changed.
    const timed = report.findings.filter(({ measure }) => measure === 'time');
    expect(timed).toHaveLength(2);
    for (const { verdict } of timed) expect(['unchanged', 'inconclusive']).toContain(verdict);
  });

  test('is compared with a run of another processor by its counts', async () => {
    const kernel = await running('mitigations=auto audit=1');
    const { report } = await gated(kernel, {}, [ofAnother(first.run)]);
    expect(report.verdict).toBe('incomparable');
    console.log(textOf(report));
    const { report: counted } = await gated(kernel, { evidence: 'counted' }, [
      ofAnother(first.run),
    ]);
    console.log(textOf(counted));
    expect(countedIn(counted).map(({ difference }) => difference)).toEqual([0, 0]);
  });
});

describe('a host that cannot be counted', () => {
  test('goes on by time, and says that the kernel does not boot', async () => {
    const boot = join(scratch.folder, 'broken');
    const kernel = { ...(await running()), boot };
    await mkdir(boot);
    await writeFile(join(boot, `vmlinuz-${kernel.release}`), Buffer.alloc(4096));
    const { report, run, told } = await gated(kernel, {});
    expect(run.instructions).toBeUndefined();
    expect(run.target.facts?.['not counted']).toMatch(
      /^since .*vmlinuz-.* cannot be booted \(it is not a kernel image\)$/,
    );
    expect(told).toContainEqual(expect.stringMatching(/^Instructions are not counted, since /));
    expect(textOf(report)).toMatch(/not counted +instructions, since /);
    const asked = gated(kernel, { evidence: 'counted' });
    await expect(asked).rejects.toThrow(Failure);
    await expect(asked).rejects.toThrow(/^The instructions of host cannot be counted, since /);
  });
});
