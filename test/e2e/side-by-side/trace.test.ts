import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Instructions } from '../../../src/record/instructions.js';
import { compareOperations, type OperationDifference } from '../../../src/trace/difference.js';
import { type ProfileNode, total } from '../../../src/trace/operation.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { type TraceBench, traceBench, tracedIn } from '../../fixtures/traces.js';

/** What only enters, what allocates, what sleeps, and what faults. */
const METRICS = [
  ...['syscall.null', 'syscall.read_zero', 'syscall.open_close', 'context.pipe_2p_0k'],
  'memory.anon_fault',
];

let bench: TraceBench;
let first: Instructions;
beforeAll(async () => {
  bench = await traceBench(bootableKernel());
  first = await bench.trace(METRICS);
});
afterAll(() => bench.remove());

const namesIn = (nodes: readonly ProfileNode[]): string[] =>
  nodes.flatMap(({ name, children }) => [name, ...namesIn(children)]);

/** The functions in the kernel, in the order of their first calls. */
const kernelNames = (metric: string): string[] =>
  namesIn(tracedIn(first, metric).roots.filter(({ kernel }) => kernel));

function difference(metric: string, other: Instructions): OperationDifference {
  const [before, after] = [tracedIn(first, metric), tracedIn(other, metric)];
  return compareOperations(before.roots, after.roots, after.count - before.count);
}

const changed = ({ functions }: OperationDifference) =>
  functions.filter(({ change }) => change !== 'same');

/** Of what it was counted to be; the clock's own step is an instruction a batch. */
const CLOSE = 2e-5;

describe('a trace of a kernel', () => {
  test.each(METRICS)('holds all instructions of %s that were counted', (metric) => {
    const { count, roots } = tracedIn(first, metric);
    expect(Math.abs(total(roots) - count)).toBeLessThan(Math.max(0.1, CLOSE * count));
  });

  test('follows a call from its entry to its return', () => {
    const names = kernelNames('syscall.null');
    expect(names[0]).toBe('entry_SYSCALL_64');
    expect(names).toEqual(expect.arrayContaining(['do_syscall_64', '__x64_sys_getppid']));
    expect(names.indexOf('do_syscall_64')).toBeLessThan(names.indexOf('__x64_sys_getppid'));
  });

  test('finds what a read goes through, each under its caller', () => {
    const path = [
      'vfs_read',
      'rw_verify_area',
      'security_file_permission',
      'apparmor_file_permission',
    ];
    let nodes: readonly ProfileNode[] = tracedIn(first, 'syscall.read_zero').roots;
    for (const name of path) {
      const found = below(nodes, name);
      expect(found, name).toBeDefined();
      nodes = found?.children ?? [];
    }
    expect(kernelNames('syscall.read_zero').some((name) => /^read_(iter_)?zero$/.test(name))).toBe(
      true,
    );
  });

  test('tells threads apart that give the processor to one another', () => {
    const { roots } = tracedIn(first, 'context.pipe_2p_0k');
    const read = below(roots, 'pipe_read');
    expect(below(read?.children ?? [], '__schedule')).toBeDefined();
    // Nothing that a thread goes on with after a switch is without its callers.
    const kernel = roots.filter(({ kernel }) => kernel).map(({ name }) => name);
    expect(kernel.filter((name) => !/^(entry|syscall_return)_/.test(name))).toEqual([]);
  });

  test('changes nothing of what is counted, nor does QEMU that does not load it', async () => {
    const counts = ({ metrics }: Instructions) =>
      metrics.map((metric) => [metric.id, metric.status === 'ok' && metric.boots]);
    const untraced = await bench.trace(METRICS, {
      argv: (made) => made.map((word) => word.replace(/^\/[^,]*trace\.so,/, '/nonexistent.so,')),
    });
    expect(counts(untraced)).toEqual(counts(first));
    for (const metric of untraced.metrics) {
      expect(metric).toHaveProperty('untraced', expect.stringMatching(/QEMU does not load/));
      expect(metric).not.toHaveProperty('traced');
    }
  });

  test('shows what a security module is in a read, and nothing else', async () => {
    const without = await bench.trace(METRICS, { commandLine: 'apparmor=0' });
    expect(changed(difference('syscall.null', without))).toEqual([]);
    const read = difference('syscall.read_zero', without);
    const chains = changed(read).map(({ change, chain }) => ({ change, chain: chain.slice(0, 2) }));
    expect(chains).toContainEqual({
      ...{ change: 'gone', chain: ['security_file_permission', 'apparmor_file_permission'] },
    });
    const hooks = [first, without].flatMap((trace) =>
      namesIn([below(tracedIn(trace, 'syscall.read_zero').roots, HOOK) ?? fail()]),
    );
    for (const { name } of changed(read)) expect(hooks).toContain(name);
    expect(read.difference).not.toBe(0);
    for (const metric of METRICS) {
      const { difference: sum, remainder = Number.NaN } = difference(metric, without);
      expect(Math.abs(remainder), metric).toBeLessThan(Math.max(0.1, 0.02 * Math.abs(sum)));
    }
  });
});

/** Where a read asks the security modules. */
const HOOK = 'security_file_permission';

function fail(): never {
  throw new Error(`${HOOK} is not there`);
}

function below(nodes: readonly ProfileNode[], name: string): ProfileNode | undefined {
  for (const node of nodes) {
    const found = node.name === name ? node : below(node.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
