import type { InstructionMetric } from '../../../src/record/instructions.js';
import type { Report } from '../../../src/record/report.js';
import type { Run } from '../../../src/record/run.js';
import { buildReport } from '../../../src/report/build.js';
import { FunctionList, flatten } from '../../../src/trace/flat.js';
import type { ProfileNode } from '../../../src/trace/operation.js';
import { compare } from '../../../src/verdict/evidence.js';
import { judge } from '../../../src/verdict/judge.js';
import { syntheticRun } from '../../fixtures/runs.js';

const POLICY = { alpha: 0.01, margins: [], failOn: 'regression' as const };

const CONDITIONS = {
  emulator: 'QEMU 7.2.22',
  machine: 'pc',
  cpu: 'max',
  memory: '512 MiB',
  cpus: '1',
};

const call = (name: string, own: number, ...children: ProfileNode[]): ProfileNode => ({
  ...{ name, kernel: true, own, children },
});

/** What is done once more for each of an operation's entries, what it does inside, and how much. */
interface Operation {
  id: string;
  entries: number;
  inside: string;
  own: number;
  /** Whether a security module is asked. */
  hook?: boolean;
  /** Why there is no trace. */
  untraced?: string;
}

const OPERATIONS: readonly Operation[] = [
  { id: 'syscall.null', entries: 1, inside: '__x64_sys_getppid', own: 40 },
  { id: 'syscall.enosys', entries: 1, inside: '__x64_sys_ni_syscall', own: 4 },
  { id: 'syscall.lseek', entries: 1, inside: 'ksys_lseek', own: 90 },
  { id: 'syscall.read_zero', entries: 1, inside: 'vfs_read', own: 180, hook: true },
  { id: 'syscall.write_null', entries: 1, inside: 'vfs_write', own: 130, hook: true },
  { id: 'syscall.pread_4k', entries: 1, inside: 'filemap_read', own: 700, hook: true },
  { id: 'syscall.fstat', entries: 1, inside: 'vfs_fstat', own: 420 },
  { id: 'syscall.stat', entries: 1, inside: 'vfs_statx', own: 3100 },
  { id: 'syscall.open_close', entries: 2, inside: 'do_sys_openat2', own: 5400 },
  { id: 'signal.raise', entries: 2, inside: 'do_send_sig_info', own: 2100 },
  { id: 'context.pipe_self', entries: 2, inside: 'pipe_write', own: 1100, hook: true },
  { id: 'context.pipe_2p_0k', entries: 4, inside: '__schedule', own: 5200, hook: true },
  {
    ...{ id: 'process.fork_wait', entries: 3, inside: 'copy_process', own: 4_000 },
    untraced: 'the trace was longer than 512 MiB; trace fewer metrics at once',
  },
  { id: 'memory.anon_fault', entries: 0, inside: 'handle_mm_fault', own: 1400 },
  { id: 'sendfile.tcp_64k', entries: 3, inside: 'tcp_sendmsg_locked', own: 20_000, hook: true },
];

function treeOf({ entries, inside, own, hook }: Operation, grown: boolean): ProfileNode[] {
  const asked = grown
    ? [
        call(
          'security_file_permission',
          12,
          call('bpf_lsm_file_permission', 9, call('bpf_prog', 31)),
        ),
      ]
    : [call('security_file_permission', 12)];
  const work = call(inside, own, ...(hook ? asked : []));
  if (entries === 0) return [call('asm_exc_page_fault', 60, work)];
  return [
    call(
      'entry_SYSCALL_64',
      (grown ? 44 : 40) * entries,
      call('do_syscall_64', 30 * entries, work),
    ),
    call('syscall_return_via_sysret', (grown ? 24 : 20) * entries),
  ];
}

const lengthOf = (nodes: readonly ProfileNode[]): number =>
  nodes.reduce((sum, { own, children }) => sum + own + lengthOf(children), 0);

/** Beside the kernel's there are the probe's own instructions. */
const LOOP = 6.16;

function metricOf(operation: Operation, grown: boolean, list: FunctionList): InstructionMetric {
  const { id, untraced } = operation;
  const roots = treeOf(operation, grown);
  const count = lengthOf(roots) + LOOP + (grown && id === 'sendfile.tcp_64k' ? 2.4 : 0);
  const traced = untraced === undefined ? { traced: flatten(roots, 8, list) } : { untraced };
  const boots = [count, count].map((boot) => Number(boot.toFixed(3)));
  return { id, version: 1, gate: true, status: 'ok', boots, ...traced };
}

function countedRun(seed: number, grown: boolean): Run {
  const target = {
    ...{
      kind: 'kernel' as const,
      spec: grown ? 'kernel:/tmp/bzImage-head' : 'kernel:/tmp/bzImage-base',
    },
    facts: { accelerator: 'tcg', kernel: grown ? '6.1.193' : '6.1.192' },
  };
  const list = new FunctionList();
  const metrics = OPERATIONS.map((operation) => metricOf(operation, grown, list));
  return {
    ...syntheticRun({ metrics: [], screen: [], seed, target }),
    instructions: {
      conditions: CONDITIONS,
      metrics,
      functions: list.functions,
    },
  };
}

/** A kernel whose entry, return and security hook grew. */
export function countedReport(): Report {
  const [baseline, candidate] = [countedRun(1, false), countedRun(2, true)];
  const comparison = compare({ design: 'paired', baseline, candidate }, POLICY);
  return buildReport(comparison, judge(comparison, 'regression'), {
    specs: { baseline: baseline.target.spec, candidate: candidate.target.spec },
    policy: POLICY,
    exhibits: [
      { role: 'baseline', run: baseline },
      { role: 'candidate', run: candidate },
    ],
  });
}
