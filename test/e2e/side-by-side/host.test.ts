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
import type { Evidence } from '../../../src/verdict/evidence.js';
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
  return { report, run: asStored(evidence.candidate), told };
}

/** What is said of a run beside stored ones, without measuring it again. */
function judged(runs: Run[], candidate: Run): Report {
  const evidence: Evidence = { design: 'stored', stored: { runs, skipped: [] }, candidate };
  const policy = { alpha: 0.01, margins: [], failOn: 'regression' } as const;
  return judgeEvidence(evidence, policy, { baseline: 'directory:runs', candidate: 'host' }).report;
}

/** The run as a later job reads it. */
function asStored(run: Run): Run {
  const parse = parseRun(runText(run));
  if (parse.ok) return parse.run;
  throw new Error(parse.reason);
}

const textOf = (report: Report): string =>
  renderTerminal(report, { columns: 100, color: false }).replaceAll(/\s+/g, ' ');

/** The same run as if of another machine with another processor. */
const ofAnother = (run: Run): Run =>
  asStored({
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
      ...{
        'counted kernel': expect.stringContaining('#1 SMP'),
        'counted with': 'mitigations=auto',
      },
      'counted sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('is described as the machine that it is, not as the one that counts', () => {
    const { run } = first;
    expect(run.platform.cpuModel).not.toContain('QEMU');
    expect(run.subject.kernelCommandLine).not.toContain('nokaslr');
    expect(run.target.machine).toBeUndefined();
  });

  describe('and whose command line has changed since', () => {
    let next: Gated;
    beforeAll(async () => {
      next = await gated(await running('pti=on'), {}, [first.run]);
    });

    test('is compared with the stored run exactly, function by function', () => {
      const { report, run } = next;
      expect(report).toMatchObject({ design: 'stored', verdict: 'regressed' });
      const call = countedFinding(report, 'syscall.null');
      expect(call.difference).toBeGreaterThan(4);
      expect(call.resolution).toBeLessThanOrEqual(0.1);
      expect(call.calls?.length).toBeGreaterThan(0);
      expect(run.target.facts?.['counted with']).toBe('pti=on');
      // The kernel that is timed is the same one.
      const times = report.findings.filter(({ measure }) => measure === 'time');
      expect(times).toHaveLength(2);
      for (const { verdict } of times) expect(['unchanged', 'inconclusive']).toContain(verdict);
      expect(report.headline).toMatch(/^Both gated metrics take more instructions; .*; by time, /);
      expect(report.differences).toEqual([
        { field: 'target.counted with', baseline: 'mitigations=auto', candidate: 'pti=on' },
      ]);
    });

    test('is compared with a run of another processor by its counts alone', () => {
      const report = judged([ofAnother(first.run)], next.run);
      expect(report).toMatchObject({ design: 'stored', verdict: 'regressed' });
      const differences = (one: Report) => countedIn(one).map(({ difference }) => difference);
      expect(differences(report)).toEqual(differences(next.report));
      expect(report.headline).toMatch(
        /^Both gated metrics take more instructions; .*; by time, none of 2 gated metrics could be compared; /,
      );
      expect(report.caveats.join()).toContain('no time is compared, only instructions');
    });
  });

  test('is counted alone where nothing else was asked for, as the machine that it is', async () => {
    const kernel = await running('mitigations=auto');
    const { run, report } = await gated(kernel, { evidence: 'counted' }, [ofAnother(first.run)]);
    expect(run.metrics).toEqual([]);
    expect(run.platform).toEqual(first.run.platform);
    expect(report).toMatchObject({ design: 'stored', verdict: 'unchanged', caveats: [] });
    expect(countedIn(report).map(({ difference }) => difference)).toEqual([0, 0]);
  });
});

test('a host and a kernel are counted alike, each described as what it is', async () => {
  const sides = { baseline: 'host', candidate: `kernel:${bootableKernel()} audit=1` };
  const kernelOptions = 'accel=tcg';
  const { report, run } = await gated(await running(), { ...sides, kernelOptions });
  expect(report).toMatchObject({ design: 'paired', verdict: 'regressed' });
  expect(countedFinding(report, 'syscall.null').difference).toBeGreaterThan(10);
  expect(run.platform.cpuModel).toContain('QEMU');
  const platform = report.differences.find(({ field }) => field === 'cpuModel');
  expect(platform?.baseline).not.toContain('QEMU');
});

describe('a host that cannot be counted', () => {
  test('since its kernel does not boot, goes on by time', async () => {
    const kernelOptions = 'machine=nope';
    const { report, run } = await gated(await running(), { kernelOptions });
    expect(run.instructions).toBeUndefined();
    expect(run.metrics.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(Object.keys(run.target.facts ?? {})).toEqual(['not counted']);
    expect(textOf(report)).toContain('not counted instructions, since the kernel ');
    const asked = gated(await running(), { kernelOptions, evidence: 'both' });
    await expect(asked).rejects.toThrow(/does not come up in QEMU \(TCG\): QEMU does not start/);
  });

  test('since the image is no kernel, goes on by time', async () => {
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
