import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { measurementFailure } from '../../../src/failure.js';
import { gatherEvidence } from '../../../src/gather/evidence.js';
import { isTimed, type Run } from '../../../src/record/run.js';
import type { Baseline } from '../../../src/stores/open.js';
import { areCountable, isRunnable } from '../../../src/targets/index.js';
import { isCounted, isTimed as isTimedUnder } from '../../../src/targets/kernel/measures.js';
import type { withTargets } from '../../../src/targets/sides.js';
import type { EvidenceChoice, RunnableSpec } from '../../../src/targets/spec.js';
import type { Counting, Target } from '../../../src/targets/target.js';
import type { Evidence } from '../../../src/verdict/evidence.js';
import { syntheticRun } from '../../fixtures/runs.js';
import { entryOf, type Machine, simulatedBench, targetOf } from '../../fixtures/simulated-bench.js';
import { SILENT } from '../../fixtures/targets.js';

const METRICS = [entryOf('syscall.null'), entryOf('syscall.stat')];

type Accelerator = 'kvm' | 'tcg';

/** A kernel that boots in no time, and is measured by what was asked for. */
const kernel = (spec: RunnableSpec, accelerator: Accelerator, choice: EvidenceChoice): Target =>
  targetOf(spec.spec, {
    record: { kind: 'kernel', spec: spec.spec },
    results: 'stdout',
    timed: isTimedUnder(choice, accelerator),
    ...(isCounted(choice) ? { counting: countingOf(spec.spec) } : {}),
  });

const countingOf = (program: string): Counting => ({
  conditions: { machine: 'simulated' },
  start: async (words) => ({ argv: [program, ...words] }),
  diagnose: async () => undefined,
  trace: () => Promise.reject(measurementFailure('There is no plugin here.')),
});

/** A host whose kernel another machine counts: the program `boot`. */
const host = (spec: RunnableSpec, choice: EvidenceChoice, uncounted?: string): Target =>
  targetOf(spec.spec, {
    record: {
      ...{ kind: 'host', spec: spec.spec },
      ...(uncounted === undefined ? {} : { facts: { 'not counted': uncounted } }),
    },
    timed: choice !== 'counted',
    ...(isCounted(choice)
      ? {
          counting: {
            ...countingOf('boot'),
            elsewhere: { results: 'stdout', cpu: 0, environment: () => ({}) },
          },
        }
      : {}),
  });

/** Opens what is named `kvm` or `tcg` as a kernel under that accelerator, and all else as a host. */
const opened: typeof withTargets = async (specs, _, { evidence = 'auto', uncounted }, work) => {
  const choice = areCountable(Object.values<RunnableSpec>(specs)) ? evidence : 'timed';
  const sides = Object.entries(specs).map(([side, spec]: [string, RunnableSpec]) => {
    const accelerator = /kvm|tcg/.exec(spec.spec)?.[0];
    const known = accelerator === 'kvm' || accelerator === 'tcg';
    return [side, known ? kernel(spec, accelerator, choice) : host(spec, choice, uncounted)];
  });
  return work(Object.fromEntries(sides));
};

interface Asked {
  baseline: string;
  candidate: string;
  evidence?: EvidenceChoice;
  stored?: Run[];
  machine?: Machine;
  open?: typeof withTargets;
  signal?: AbortSignal;
}

async function gathered({ baseline, candidate, evidence = 'auto', ...asked }: Asked) {
  const { stored = [], machine = {}, open } = asked;
  const config = { ...parseConfig({ baseline, candidate, evidence }), durationMs: 300 };
  const simulated = simulatedBench(METRICS, { noise: 0, ...machine }, {}, asked.signal);
  const from: Baseline = isRunnable(config.baseline)
    ? { kind: 'target', spec: config.baseline.spec, target: config.baseline }
    : {
        ...{ kind: 'stored', spec: 'directory:runs' },
        stored: { runs: stored, skipped: [], origin: 'the folder runs' },
      };
  const telling = { progress: SILENT };
  const found = await gatherEvidence(config, simulated.bench, from, telling, open);
  return { evidence: found, asked: simulated.asked };
}

const sidesOf = (evidence: Evidence): Run[] =>
  evidence.design === 'paired' ? [evidence.baseline, evidence.candidate] : [evidence.candidate];

/** What the runs of the sides hold. */
const waysOf = (evidence: Evidence): string[] =>
  sidesOf(evidence).map((run) =>
    [
      ...(run.metrics.some(({ status }) => status === 'ok') ? ['timed'] : []),
      ...(run.instructions ? ['counted'] : []),
    ].join(' and '),
  );

const COUNTED = 'counted';
const TIMED = 'timed';
const BOTH = 'timed and counted';

describe('sides that are no kernels are timed, whatever was asked for', () => {
  test.each([
    ['host', 'host'],
    ['host', 'command:nice {probe}'],
    ['command:nice {probe}', 'command:nice -n 5 {probe}'],
  ])('%s and %s', async (baseline, candidate) => {
    for (const evidence of ['auto', 'timed'] as const) {
      const { evidence: found, asked } = await gathered({ baseline, candidate, evidence });
      expect(waysOf(found)).toEqual([TIMED, TIMED]);
      expect(asked.some(({ instructions }) => instructions)).toBe(false);
    }
  });
});

describe('a host and a kernel are compared', () => {
  test.each([
    ['kvm', 'auto', BOTH],
    ['tcg', 'auto', COUNTED],
    ['kvm', 'counted', COUNTED],
    ['tcg', 'both', BOTH],
    ['kvm', 'timed', TIMED],
  ] as const)('under %s with evidence %s: %s', async (accelerator, evidence, ways) => {
    const sides = { baseline: 'host', candidate: `kernel:/boot/${accelerator}` };
    const { evidence: found } = await gathered({ ...sides, evidence, open: opened });
    expect(waysOf(found)).toEqual([ways, ways]);
  });
});

describe('two kernels are compared', () => {
  test.each([
    ['kvm', 'kvm', 'auto', BOTH],
    ['tcg', 'tcg', 'auto', COUNTED],
    ['kvm', 'tcg', 'auto', COUNTED],
    ['tcg', 'kvm', 'auto', COUNTED],
    ['kvm', 'kvm', 'counted', COUNTED],
    ['tcg', 'tcg', 'counted', COUNTED],
    ['kvm', 'kvm', 'timed', TIMED],
    ['tcg', 'tcg', 'timed', TIMED],
    ['kvm', 'kvm', 'both', BOTH],
    ['tcg', 'tcg', 'both', BOTH],
  ] as const)('under %s and %s with evidence %s: %s', async (one, other, evidence, ways) => {
    const sides = { baseline: `kernel:/boot/${one}`, candidate: `kernel:/boot/${other} quiet` };
    const { evidence: found } = await gathered({ ...sides, evidence, open: opened });
    expect(found.design).toBe('paired');
    expect(waysOf(found)).toEqual([ways, ways]);
  });

  test('by the instructions that each side executes, in boots of their own', async () => {
    const machine: Machine = {
      ns: (_, { program, instructions }) =>
        (instructions ? 5000 : 100) + (program.endsWith('quiet') ? 7 : 0),
    };
    const sides = { baseline: 'kernel:/boot/kvm', candidate: 'kernel:/boot/kvm quiet' };
    const { evidence, asked } = await gathered({ ...sides, machine, open: opened });
    const counts = sidesOf(evidence).map(({ instructions }) => instructions?.metrics[0]);
    expect(counts).toMatchObject([{ boots: [5000, 5000] }, { boots: [5007, 5007] }]);
    expect(asked.filter(({ instructions }) => instructions)).toHaveLength(4);
    const times = sidesOf(evidence).map(({ metrics: [first] }) =>
      first && isTimed(first) ? first.replicates[0]?.estimateNs : undefined,
    );
    expect(times).toEqual([100, 107]);
  });

  test('as the two sides of one paired comparison, counted or timed', async () => {
    for (const evidence of ['counted', 'timed', 'both'] as const) {
      const sides = { baseline: 'kernel:/boot/tcg', candidate: 'kernel:/boot/tcg quiet' };
      const runs = sidesOf((await gathered({ ...sides, evidence, open: opened })).evidence);
      expect(runs.map(({ duet }) => duet?.side)).toEqual(['baseline', 'candidate']);
      expect(runs[0]?.duet?.id).toBe(runs[1]?.duet?.id);
      expect(runs.map(({ target }) => target.spec)).toEqual([sides.baseline, sides.candidate]);
    }
  });
});

describe('a candidate alone', () => {
  const stored = [
    syntheticRun({ metrics: [{ id: 'syscall.null', ns: 100 }], screen: [0], seed: 1 }),
  ];

  test('is held against the stored runs', async () => {
    const asked = { baseline: 'directory:/tmp', candidate: 'command:nice {probe}', stored };
    const { evidence } = await gathered(asked);
    expect(evidence).toMatchObject({ design: 'stored', stored: { runs: stored } });
    expect(waysOf(evidence)).toEqual([TIMED]);
  });

  test('is held against itself, where nothing is stored', async () => {
    const asked = { baseline: 'directory:/tmp', candidate: 'command:nice {probe}' };
    const { evidence } = await gathered(asked);
    expect(evidence.design).toBe('self');
    expect(waysOf(evidence)).toEqual([TIMED]);
  });

  test.each([
    ['auto', BOTH],
    ['timed', TIMED],
    ['counted', COUNTED],
    ['both', BOTH],
  ] as const)('that is a host, with evidence %s: %s', async (choice, ways) => {
    const asked = { candidate: 'host', baseline: 'directory:/tmp', evidence: choice };
    for (const runs of [stored, []]) {
      const found = await gathered({ ...asked, stored: runs, open: opened });
      expect(waysOf(found.evidence)).toEqual([ways]);
      const boots = found.asked.filter(({ instructions }) => instructions);
      expect(boots.map(({ program }) => program)).toEqual(ways === TIMED ? [] : ['boot', 'boot']);
    }
  });

  test('that is a host and is only counted is described by a launch of its own', async () => {
    const asked = { candidate: 'host', baseline: 'directory:/tmp', evidence: 'counted' } as const;
    const found = await gathered({ ...asked, open: opened });
    const [own, ...others] = found.asked.filter(({ program }) => program === 'host');
    expect(own).toMatchObject({ environment: true, instructions: false, processes: 1 });
    expect(others).toEqual([]);
    expect(found.evidence.candidate.launches).toHaveLength(1);
  });

  test.each([
    ['kvm', 'auto', BOTH],
    ['tcg', 'auto', COUNTED],
    ['kvm', 'counted', COUNTED],
    ['tcg', 'timed', TIMED],
    ['tcg', 'both', BOTH],
  ] as const)('that is a kernel under %s, with evidence %s: %s', async (name, choice, ways) => {
    const asked = {
      candidate: `kernel:/boot/${name}`,
      baseline: 'directory:/tmp',
      evidence: choice,
    };
    for (const [runs, design] of [
      [stored, 'stored'],
      [[], 'self'],
    ] as const) {
      const { evidence } = await gathered({ ...asked, stored: [...runs], open: opened });
      expect(evidence.design).toBe(design);
      expect(waysOf(evidence)).toEqual([ways]);
    }
  });

  test('that is counted only has one run, which stands for both arms of itself', async () => {
    const asked = { candidate: 'kernel:/boot/tcg', baseline: 'directory:/tmp', open: opened };
    const { evidence } = await gathered(asked);
    if (evidence.design !== 'self') throw new Error(evidence.design);
    expect(evidence.before).toBe(evidence.candidate);
    expect(evidence.after).toBe(evidence.candidate);
  });
});

test('a kernel that fails to boot under the clock of instructions ends it in a sentence', async () => {
  const sides = { baseline: 'kernel:/boot/tcg', candidate: 'kernel:/boot/tcg quiet' };
  const fails = ({ program }: { program: string }) =>
    program.endsWith('quiet') ? 'Kernel panic' : undefined;
  await expect(gathered({ ...sides, machine: { fails }, open: opened })).rejects.toMatchObject({
    kind: 'measurement',
    message:
      'The probe could not be measured in kernel:/boot/tcg quiet: it ended with exit code 1 without any result, saying "Kernel panic".',
  });
});

describe('a host whose kernel fails to boot under the clock of instructions', () => {
  const machine: Machine = {
    fails: ({ program }) => (program === 'boot' ? 'Kernel panic' : undefined),
  };
  const WHY = 'it ended with exit code 1 without any result, saying "Kernel panic"';

  test('is timed alone, and its record says why', async () => {
    const asked = { candidate: 'host', baseline: 'directory:/tmp', machine, open: opened };
    const { evidence } = await gathered(asked);
    expect(waysOf(evidence)).toEqual([TIMED]);
    expect(evidence.candidate.target.facts?.['not counted']).toBe(
      `the probe could not be measured in host: ${WHY}`,
    );
  });

  test('is timed beside a kernel, which is opened to be timed, too', async () => {
    const sides = { baseline: 'host', candidate: 'kernel:/boot/tcg' };
    const { evidence } = await gathered({ ...sides, machine, open: opened });
    expect(waysOf(evidence)).toEqual([TIMED, TIMED]);
  });

  test('is not timed when the job is cancelled meanwhile', async () => {
    const controller = new AbortController();
    const reason = measurementFailure('The job was cancelled.');
    const cancelling: Machine = {
      fails: ({ program }) => {
        controller.abort(reason);
        return machine.fails?.({ program } as Parameters<NonNullable<Machine['fails']>>[0]);
      },
    };
    const asked = { candidate: 'host', baseline: 'directory:/tmp', open: opened };
    const { signal } = controller;
    await expect(gathered({ ...asked, machine: cancelling, signal })).rejects.toBe(reason);
  });

  test.each(['counted', 'both'] as const)('ends it in a sentence with evidence %s', async (one) => {
    const asked = { candidate: 'host', baseline: 'directory:/tmp', machine, open: opened };
    await expect(gathered({ ...asked, evidence: one })).rejects.toMatchObject({
      ...{ kind: 'measurement', message: `The probe could not be measured in host: ${WHY}.` },
    });
  });
});
