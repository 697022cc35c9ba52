import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KernelTrace, Tracer } from '../../../src/targets/kernel/trace.js';
import { compareOperations, type OperationDifference } from '../../../src/trace/difference.js';
import { type OperationProfile, type ProfileNode, total } from '../../../src/trace/operation.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { type TraceBench, traceBench } from '../../fixtures/traces.js';

const METRICS = ['syscall.null', 'syscall.read_zero', 'context.pipe_2p_0k'];

let bench: TraceBench;
let first: KernelTrace;
beforeAll(async () => {
  bench = await traceBench(bootableKernel());
  first = await bench.trace(METRICS);
});
afterAll(() => bench.remove());

function profileIn({ operations }: KernelTrace, metric: string): OperationProfile {
  const operation = operations.get(metric);
  if (operation !== undefined && 'profile' in operation) return operation.profile;
  throw new Error(`${metric}: ${operation?.why ?? 'not traced'}`);
}

const namesIn = (nodes: readonly ProfileNode[]): string[] =>
  nodes.flatMap(({ name, children }) => [name, ...namesIn(children)]);

/** The functions in the kernel, in the order of their first calls. */
const kernelNames = (metric: string): string[] =>
  namesIn(profileIn(first, metric).roots.filter(({ kernel }) => kernel));

function difference(metric: string, other: KernelTrace): OperationDifference {
  const [before, after] = [profileIn(first, metric), profileIn(other, metric)];
  return compareOperations(before.roots, after.roots);
}

const changed = ({ functions }: OperationDifference) =>
  functions.filter(({ change }) => change !== 'same');

describe('a trace of a kernel', () => {
  test('follows a call from its entry to its return', () => {
    const names = kernelNames('syscall.null');
    expect(names[0]).toBe('entry_SYSCALL_64');
    expect(names).toEqual(expect.arrayContaining(['do_syscall_64', '__x64_sys_getppid']));
    expect(names.indexOf('do_syscall_64')).toBeLessThan(names.indexOf('__x64_sys_getppid'));
    const { instructions, repeats, roots } = profileIn(first, 'syscall.null');
    expect(total(roots)).toBe(instructions);
    expect(instructions % 1).toBe(0);
    expect(repeats.filter((repeat) => repeat === instructions).length).toBeGreaterThan(2);
  });

  test('finds what a read goes through, each under its caller', () => {
    const path = [
      'vfs_read',
      'rw_verify_area',
      'security_file_permission',
      'apparmor_file_permission',
    ];
    let nodes: readonly ProfileNode[] = profileIn(first, 'syscall.read_zero').roots;
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
    const { roots } = profileIn(first, 'context.pipe_2p_0k');
    const read = below(roots, 'pipe_read');
    expect(below(read?.children ?? [], '__schedule')).toBeDefined();
    // Nothing that a thread goes on with after a switch is without its callers.
    const kernel = roots.filter(({ kernel }) => kernel).map(({ name }) => name);
    expect(kernel.filter((name) => !/^(entry|syscall_return)_/.test(name))).toEqual([]);
  });

  test('is the same in another boot', async () => {
    const again = await bench.trace(METRICS.slice(0, 2), { symbols: first.symbols });
    for (const metric of METRICS.slice(0, 2)) {
      const compared = difference(metric, again);
      expect(changed(compared)).toEqual([]);
      expect(compared.difference).toBe(0);
    }
  });

  test('shows what a security module is in a read, and nothing else', async () => {
    const without = await bench.trace(METRICS.slice(0, 2), { commandLine: 'apparmor=0' });
    expect(changed(difference('syscall.null', without))).toEqual([]);
    const read = difference('syscall.read_zero', without);
    const chains = changed(read).map(({ change, chain }) => ({ change, chain: chain.slice(0, 2) }));
    expect(chains).toContainEqual({
      ...{ change: 'gone', chain: ['security_file_permission', 'apparmor_file_permission'] },
    });
    const hooks = [first, without].flatMap((trace) =>
      namesIn([below(profileIn(trace, 'syscall.read_zero').roots, HOOK) ?? fail()]),
    );
    for (const { name } of changed(read)) expect(hooks).toContain(name);
    const sum = changed(read).reduce((all, row) => all + row.difference, 0);
    expect(sum).toBeCloseTo(read.difference, 6);
    expect(read.difference).not.toBe(0);
  });

  test('shows what isolated page tables are at the entry and at the return', async () => {
    const isolated = await bench.trace(['syscall.null'], { commandLine: 'pti=on' });
    const rows = changed(difference('syscall.null', isolated));
    expect(rows.map(({ name, change }) => ({ name, change }))).toEqual([
      { name: 'entry_SYSCALL_64', change: 'grown' },
      { name: 'syscall_return_via_sysret', change: 'grown' },
    ]);
  });

  test('is refused where it cannot be written', async () => {
    await expect(bench.trace(['syscall.null'], { into: '/nonexistent' })).rejects.toThrow(
      /^The kernel could not be traced in QEMU: the trace could not be written to \/nonexistent/,
    );
  });

  test('is refused by a QEMU that does not load the plugin', async () => {
    const tracer = (made: Tracer) => ({ ...made, plugin: '/nonexistent/trace.so' });
    await expect(bench.trace(['syscall.null'], { tracer })).rejects.toThrow(
      /^The kernel could not be traced in QEMU: it does not load the plugin/,
    );
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
