import { describe, expect, test } from 'vitest';
import { isTimed, makeRun, type Run } from '../../../src/record/run.js';
import { unevenFilterCaveats, validityCaveats } from '../../../src/verdict/validity.js';
import { syntheticPair } from '../../fixtures/runs.js';

const METRICS = [{ id: 'syscall.null', ns: 100 }];
const pair = () => syntheticPair({ baseline: METRICS, candidate: METRICS });

/** Both runs of a quiet paired comparison, the candidate's after a change. */
const caveatsOf = (change: (run: Run) => Partial<Run>): string[] => {
  const { baseline, candidate } = pair();
  return validityCaveats([baseline, makeRun({ ...candidate, ...change(candidate) })]);
};

test('two runs with nothing against them have no caveat', () => {
  expect(caveatsOf(() => ({}))).toEqual([]);
});

describe('time that the hypervisor gave to others', () => {
  /** The share of both runs' time, all of it stolen from the candidate. */
  const stolen = (share: number): string[] =>
    caveatsOf(({ launches }) => ({
      launches: launches.map((one) => ({ ...one, stolenNs: 2 * share * one.wallNs })),
    }));

  test('is said from a fiftieth of the measuring time on', () => {
    expect(stolen(0.05)).toEqual([
      'The hypervisor gave 5 % of the measuring time to other guests (steal); a quieter runner gives narrower intervals.',
    ]);
    expect(stolen(0.021)).toHaveLength(1);
    expect(stolen(0.019)).toEqual([]);
  });

  test('takes nothing away from what was counted only', () => {
    expect(
      caveatsOf(({ launches }) => ({
        metrics: [],
        launches: launches.map((one) => ({ ...one, stolenNs: one.wallNs })),
      })),
    ).toEqual([]);
  });
});

describe('launches beside a busy thread on the core', () => {
  /** Of both runs' 48 launches. */
  const left = (contended: number): string[] =>
    caveatsOf(({ metrics }) => ({
      metrics: metrics.map((metric) => (isTimed(metric) ? { ...metric, contended } : metric)),
    }));

  test('are said from a fifth of the launches on', () => {
    expect(left(16)).toEqual([
      expect.stringMatching(/^Another thread was busy .* 25(\.0)? % of the launches/),
    ]);
    expect(left(12)).toHaveLength(1);
    expect(left(11)).toEqual([]);
  });
});

test('pairs that count although a neighbour was busy are said', () => {
  const beside = (paired: boolean) =>
    caveatsOf(({ launches }) => ({
      ...(paired ? { duet: { id: '0123456789abcdef', side: 'candidate' } as const } : {}),
      launches: launches.map((one, index) =>
        index < 9 ? { ...one, neighbour: 'counted' as const } : one,
      ),
    }));
  expect(beside(true)).toEqual([
    expect.stringMatching(/^Another thread .* in 9 of the 24 first launches\. Too few pairs were/),
  ]);
  expect(beside(false)).toEqual([]);
});

test('launches that failed are said with the reason of the first', () => {
  const failed = caveatsOf(({ launches }) => ({
    launches: launches.map((one, index) =>
      index === 1 || index === 2 ? { ...one, failure: `it was ended by signal ${index}` } : one,
    ),
  }));
  expect(failed).toEqual([
    '2 of 24 launches of host failed and do not count; the first failed because it was ended by signal 1.',
  ]);
});

describe('the CPU that was measured on', () => {
  test('is said to differ, unless one side booted a kernel with CPUs of its own', () => {
    const other = ({ plan }: Run) => ({ plan: { ...plan, cpu: 3 } });
    expect(caveatsOf(other)).toEqual([expect.stringContaining('different CPUs (1 and 3)')]);
    const target = { kind: 'kernel', spec: 'kernel:/boot/a' } as const;
    expect(caveatsOf((run) => ({ ...other(run), target }))).toEqual([]);
  });

  test('is said not to have been kept', () => {
    const unpinned = ({ plan }: Run) => ({ plan: { ...plan, pinned: false } });
    expect(caveatsOf(unpinned)).toEqual([
      expect.stringContaining('Launches of host could not be pinned to one CPU'),
    ]);
  });
});

describe('an emulated processor', () => {
  const emulated = (): Pick<Run, 'target'> => ({
    target: {
      ...{ kind: 'kernel', spec: 'kernel:/boot/a' },
      machine: {
        ...{ architecture: 'x86_64', accelerator: 'tcg' },
        emulator: {
          ...{ name: 'QEMU', version: '7.2.22', machine: 'q35', cpu: 'max', hostCpu: 'Example' },
        },
      },
    },
  });

  test('of one side is what the difference is', () => {
    expect(caveatsOf(emulated)).toEqual([
      'kernel:/boot/a ran on an emulated processor (QEMU 7.2.22, TCG) and the other side did not, so the difference is mostly the emulation: boot both sides, or neither.',
    ]);
  });

  test('of both sides limits what the times can be compared with', () => {
    const sides = Object.values(pair()).map((run) => makeRun({ ...run, ...emulated() }));
    expect(validityCaveats(sides)).toEqual([
      expect.stringMatching(
        /^kernel:\/boot\/a ran .* TCG\): compare its times only with times from/,
      ),
    ]);
  });
});

test('batches that were interrupted on one side only are said, by metric', () => {
  const { baseline, candidate } = pair();
  const interrupted = (rejected: number): Run =>
    makeRun({
      ...candidate,
      metrics: candidate.metrics.map((metric) =>
        isTimed(metric)
          ? {
              ...metric,
              replicates: metric.replicates.map((one) => ({
                ...one,
                kept: 20 - rejected,
                rejected,
              })),
            }
          : metric,
      ),
    });
  expect(unevenFilterCaveats(baseline, interrupted(5))).toEqual([
    expect.stringContaining('Batches of syscall.null were interrupted far more often on one side'),
  ]);
  expect(unevenFilterCaveats(interrupted(5), baseline)).toHaveLength(1);
  // A fifth more of the batches is not yet far more.
  expect(unevenFilterCaveats(baseline, interrupted(4))).toEqual([]);
  expect(unevenFilterCaveats(interrupted(5), interrupted(5))).toEqual([]);
});
