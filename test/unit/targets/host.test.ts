import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../../src/failure.js';
import type { LaunchResult } from '../../../src/probe/addon.js';
import { areCountable, parseRunnableSpec } from '../../../src/targets/index.js';
import type { RunningKernel } from '../../../src/targets/kernel/running.js';
import { withTargets } from '../../../src/targets/sides.js';
import type { EvidenceChoice } from '../../../src/targets/spec.js';
import { NO_OPTIONS } from '../../../src/targets/spec.js';
import type { Target } from '../../../src/targets/target.js';
import { bzImage } from '../../fixtures/bzimage.js';
import { SILENT } from '../../fixtures/targets.js';

const BUILD = '#1 SMP Debian 6.1.192-2';
/** Where the tests run says which emulator is looked for. */
const EMULATOR = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';

let root: string;
const path = process.env['PATH'];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'syscall-gate-host-'));
  for (const name of ['boot', 'bin']) await mkdir(join(root, name));
  await writeFile(join(root, 'probe'), 'a probe');
  await writeFile(
    join(root, 'boot', 'vmlinuz-6.1'),
    bzImage({ version: `6.1 (me@here) ${BUILD}` }),
  );
  process.env['PATH'] = join(root, 'bin');
});
afterEach(async () => {
  process.env['PATH'] = path;
  await rm(root, { recursive: true });
});

async function installQemu(): Promise<void> {
  const program = join(root, 'bin', EMULATOR);
  await writeFile(program, "#!/bin/sh\necho 'QEMU emulator version 7.2.22'\n");
  await chmod(program, 0o755);
}

interface Opened {
  target: Target;
  notes: string[];
  /** The command that boots it to be counted; empty if it is not counted. */
  boot: string[];
}

/** A host, opened as a gate opens it. */
async function opened(
  evidence: EvidenceChoice,
  { kernelOptions = '', ...other }: Partial<RunningKernel> & { kernelOptions?: string } = {},
): Promise<Opened> {
  const running: RunningKernel = {
    ...{ release: '6.1', version: BUILD, commandLine: 'root=/dev/sda1 mitigations=off' },
    ...{ boot: join(root, 'boot'), modules: join(root, 'modules'), sudo: false },
    ...other,
  };
  const notes: string[] = [];
  const progress = { ...SILENT, note: (sentence: string) => void notes.push(sentence) };
  const options = { ...NO_OPTIONS, kernelOptions };
  const candidate = parseRunnableSpec('host', { input: 'candidate', options });
  const bench = {
    ...{ probe: join(root, 'probe'), signal: new AbortController().signal, plan: { cpu: 0 } },
    addon: { launch: () => Promise.reject(new Error('nothing may be run')) },
  };
  const opening = { progress, evidence, running };
  return withTargets({ candidate }, bench, opening, async ({ candidate: target }) => {
    const { argv: boot = [] } = (await target.counting?.start([], 1)) ?? {};
    return { target, notes, boot };
  });
}

const whyNot = async (...asked: Parameters<typeof opened>): Promise<string | undefined> =>
  (await opened(...asked)).target.record.facts?.['not counted'];

describe('a host with QEMU and the image of its kernel', () => {
  beforeEach(installQemu);

  test.runIf(process.arch === 'x64')(
    'is counted, and timed unless counts alone are asked for',
    async () => {
      for (const evidence of ['auto', 'both', 'counted'] as const) {
        const { target, notes } = await opened(evidence);
        expect(target.timed).toBe(evidence !== 'counted');
        expect(target.counting?.conditions).toMatchObject({ emulator: 'QEMU 7.2.22', cpu: 'max' });
        expect(target.counting?.elsewhere).toMatchObject({ results: 'stdout', cpu: 0 });
        expect(target.results).toBe('memory');
        expect(target.record.machine).toBeUndefined();
        expect(target.record.facts).toMatchObject({
          ...{ 'counted kernel': `6.1 (me@here) ${BUILD}`, 'counted with': 'mitigations=off' },
          'counted sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
        });
        expect(notes).toEqual([]);
      }
    },
  );

  test.runIf(process.arch === 'x64')(
    'boots it with the words that decide costs, and no others',
    async () => {
      const { boot } = await opened('auto');
      const line = boot[boot.indexOf('-append') + 1];
      expect(line).toContain(' mitigations=off nokaslr ');
      expect(line).not.toContain('root=');
    },
  );

  test('is not counted if only times are asked for', async () => {
    const { target, notes } = await opened('timed');
    expect(target.counting).toBeUndefined();
    expect(target.record).toEqual({ kind: 'host', spec: 'host' });
    expect(notes).toEqual([]);
  });

  test('goes on by time if the command line is not known, or the machine cannot be counted', async () => {
    expect(await whyNot('auto', { commandLine: undefined })).toMatch(
      /^since the command line of the running kernel could not be read/,
    );
    if (process.arch !== 'x64') return;
    expect(await whyNot('auto', { kernelOptions: 'cpus=2' })).toBe(
      'since x86-64 kernels are not counted with 2 processors (leave cpus=2 out of kernel-options)',
    );
  });

  test('goes on by time if the image is of another build', async () => {
    expect(await whyNot('auto', { version: '#2 SMP' })).toMatch(/ is of another build than /);
  });
});

describe('a host without QEMU', () => {
  const WHY = /QEMU is not installed \(apt-get install qemu-system-(x86|arm)\)/;

  test('is timed as ever, and says why it is not counted', async () => {
    const { target, notes } = await opened('auto');
    expect(target).toMatchObject({ timed: true, results: 'memory' });
    expect(target.counting).toBeUndefined();
    expect(Object.keys(target.record.facts ?? {})).toEqual(['not counted']);
    expect(target.record.facts?.['not counted']).toMatch(WHY);
    expect(notes).toEqual([expect.stringMatching(/^Instructions are not counted, since QEMU is /)]);
  });

  test.each(['counted', 'both'] as const)(
    'is refused in a sentence for evidence %s',
    async (one) => {
      const asked = opened(one);
      await expect(asked).rejects.toThrow(Failure);
      await expect(asked).rejects.toThrow(WHY);
      await expect(asked).rejects.toThrow(
        /^The instructions of host cannot be counted, since QEMU .*: give evidence timed, or auto /,
      );
    },
  );

  test('says nothing if it is one of two sides of one kernel', () => {
    const options = NO_OPTIONS;
    const specOf = (spec: string) => parseRunnableSpec(spec, { input: 'baseline', options });
    const countable = (...specs: string[]) => areCountable(specs.map(specOf));
    expect(countable('host')).toBe(true);
    expect(countable('kernel:/boot/a')).toBe(true);
    expect(countable('host', 'kernel:/boot/a')).toBe(true);
    expect(countable('kernel:/boot/a', 'kernel:/boot/b')).toBe(true);
    expect(countable('host', 'host')).toBe(false);
    expect(countable('host', 'command:nice {probe}')).toBe(false);
    expect(countable('container:alpine')).toBe(false);
    expect(countable('kernel:/boot/a', 'container:alpine')).toBe(false);
  });
});

test.runIf(process.arch === 'x64')(
  'a kernel beside a host that cannot be counted is timed, whichever side it is',
  async () => {
    await installQemu();
    const options = { ...NO_OPTIONS, kernelOptions: 'accel=tcg' };
    const specOf = (spec: string) => parseRunnableSpec(spec, { input: 'baseline', options });
    const image = join(root, 'boot', 'vmlinuz-6.1');
    const [host, kernel] = [specOf('host'), specOf(`kernel:${image}`)];
    await writeFile(join(root, 'probe'), await readFile(process.execPath));
    const running: RunningKernel = {
      ...{ release: '6.1', version: '#2 SMP', commandLine: '', sudo: false },
      ...{ boot: join(root, 'boot'), modules: join(root, 'modules') },
    };
    const up = Buffer.from('{"type":"exit","code":0}\n');
    const ended = { results: up, stderr: '', timedOut: false, wallNs: 1e9 } as LaunchResult;
    const bench = {
      ...{ probe: join(root, 'probe'), signal: new AbortController().signal, plan: { cpu: 0 } },
      addon: { launch: () => Promise.resolve(ended) },
    };
    const opening = { progress: SILENT, evidence: 'auto', running } as const;
    for (const specs of [
      { baseline: host, candidate: kernel },
      { baseline: kernel, candidate: host },
    ]) {
      await withTargets(specs, bench, opening, async (sides) => {
        for (const { record, timed, counting } of Object.values(sides)) {
          expect({ timed, counting }).toEqual({ timed: true, counting: undefined });
          const why = record.facts?.['not counted'] ?? '';
          expect(why.includes('another build')).toBe(record.kind === 'host');
        }
      });
    }
  },
);
