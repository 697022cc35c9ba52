import type { Design } from '../../../src/record/design.js';
import { isRefused } from '../../../src/record/metric-status.js';
import type { Report } from '../../../src/record/report.js';
import { makeRun, RUN_VERSION, type Run, type Subject } from '../../../src/record/run.js';
import { buildReport } from '../../../src/report/build.js';
import type {
  Comparison,
  Measured,
  MeasuredFinding,
  NotMeasured,
} from '../../../src/verdict/comparison.js';
import { judge } from '../../../src/verdict/judge.js';

/** What an idle two-core virtual machine gives, in ns per operation. */
export const CATALOGUE: readonly [id: string, ns: number, gate: boolean][] = [
  ['control.alu_chain', 3.21, false],
  ['clock.vdso_monotonic', 24.6, true],
  ['syscall.enosys', 71.2, true],
  ['syscall.null', 81.3, true],
  ['syscall.read_zero', 117, true],
  ['syscall.write_null', 101, true],
  ['syscall.pread_4k', 203, true],
  ['syscall.fstat', 168, true],
  ['syscall.stat', 337, true],
  ['syscall.open_close', 612, true],
  ['context.pipe_self', 314, true],
  ['context.pipe_2p_0k', 1180, true],
  ['context.ring_8p_0k', 1320, true],
  ['context.ring_8p_16k', 2470, true],
  ['sendfile.tcp_4k', 5120, true],
  ['sendfile.tcp_64k', 8790, true],
  ['sendfile.tcp_4k_cork_header', 6480, true],
  ['sendfile.tcp_64k_cork_header', 11_300, true],
  ['sendfile.tcp_4k_more_header', 6130, true],
  ['sendfile.tcp_64k_more_header', 8720, true],
  ['sendfile.tcp_4k_writev_mmap', 5610, true],
  ['sendfile.tcp_64k_writev_mmap', 9930, true],
  ['sendfile.tcp_4k_copy', 5780, true],
  ['sendfile.tcp_64k_copy', 12_100, true],
  ['sendfile.tcp_4k_nagle_header', 44_100_000, false],
];

const subject: Subject = {
  kernelRelease: '6.1.0-30-cloud-amd64',
  kernelVersion: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.124-1 (2025-01-12)',
  kernelCommandLine:
    'BOOT_IMAGE=/boot/vmlinuz-6.1.0-30-cloud-amd64 root=UUID=0f1e ro console=ttyS0',
  kernelConfigHash: '9a3c5e7712ab44d0',
  vulnerabilities: {
    mds: 'Not affected',
    meltdown: 'Not affected',
    spec_rstack_overflow: 'Vulnerable: Safe RET, no microcode',
    spec_store_bypass: 'Vulnerable',
    spectre_v1: 'Mitigation: usercopy/swapgs barriers and __user pointer sanitization',
    spectre_v2: 'Mitigation: Retpolines; STIBP: disabled; RSB filling; BHI: Not affected',
    srbds: 'Not affected',
  },
  preemption: 'voluntary',
  seccompMode: 'disabled',
  seccompFilters: '0',
  securityModules: 'lockdown,capability,yama,apparmor',
  libc: 'glibc 2.36',
  container: 'none',
  scheduler: 'SCHED_OTHER, nice 0',
  cgroupDepth: '1',
  loopbackMtu: '65536',
  tcpBuffers: 'rmem 4096 131072 6291456; wmem 4096 16384 4194304',
  probeUid: 1000,
};

export function run(id: string, changes: Partial<Subject> = {}, spec = 'host'): Run {
  return makeRun({
    schema: 'syscall-gate/run',
    version: RUN_VERSION,
    tool: '0.1.0',
    catalogue: 1,
    id,
    startedAt: '2026-11-23T15:50:30Z',
    target: { kind: spec === 'host' ? 'host' : 'command', spec },
    platform: {
      architecture: 'x86_64',
      cpuVendor: 'AuthenticAMD',
      cpuModel: 'AMD EPYC 7763 64-Core Processor',
      cpuFamily: '25',
      cpuModelNumber: '1',
      cpuStepping: '1',
      microcode: '0xa0011d5',
      cpuCount: 2,
      hypervisor: 'KVM',
      clocksource: 'tsc',
      smt: 'notsupported',
    },
    subject: { ...subject, ...changes },
    plan: {
      seed: 42,
      cpu: 1,
      pinned: true,
      processesPerLaunch: 1,
      roundsPerLaunch: 2,
      batchesPerRound: 10,
      batchNs: 200_000,
      estimateQuantile: 0.25,
      occupancyThreshold: 0.97,
    },
    launches: [
      {
        sequence: 1,
        phase: 'screen',
        wallNs: 9.1e8,
        userNs: 4.1e8,
        systemNs: 4.4e8,
        stolenNs: 0,
        involuntarySwitches: 12,
      },
    ],
    metrics: [
      {
        id: 'syscall.null',
        version: 1,
        gate: true,
        status: 'ok',
        unit: 'ns',
        replicates: [
          { sequence: 1, estimateNs: 81.3, controlNs: 3.21, spreadNs: 0.4, kept: 19, rejected: 1 },
        ],
      },
      {
        id: 'sendfile.tcp_4k',
        version: 1,
        gate: true,
        status: 'denied',
        reason: { operation: 'socket(AF_INET)', errno: 1, message: 'Operation not permitted' },
      },
    ],
  });
}

/** A small number that is always the same for the same words, between 0 and 1. */
function steady(words: string): number {
  let hash = 2_166_136_261;
  for (const character of words) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  }
  return (hash % 1000) / 1000;
}

const noise = (id: string): number => 0.0004 + 0.004 * steady(id);

/** A metric of which both sides were measured; unchanged unless told otherwise. */
export function metric(
  id: string,
  ns: number,
  gate: boolean,
  fields: Partial<MeasuredFinding> & { ratio?: number } = {},
): MeasuredFinding {
  const { ratio = 1 + noise(id) * (steady(`${id}±`) - 0.5), ...rest } = fields;
  const half = noise(id);
  const replicates = 24;
  return {
    measure: 'time',
    id,
    gate,
    marginRatio: 0.02,
    baseline: { status: 'ok', unit: 'ns', estimate: ns, replicates },
    candidate: { status: 'ok', unit: 'ns', estimate: ns * ratio, replicates },
    verdict: 'unchanged',
    because: 'Any change is smaller than the margin of 2 %: 24 pairs of launches.',
    change: { ratio, low: ratio * (1 - half), high: ratio * (1 + half), confidence: 0.95 },
    pValue: 1,
    floor: {
      ratio: 1 + (half / 2) * (steady(`floor ${id}`) - 0.5),
      low: 1 - half,
      high: 1 + half,
      confidence: 0.95,
      pairs: 22,
      rejections: 0,
    },
    mde80: 0.02 + half,
    ...rest,
  };
}

export function regressed(id: string, ns: number, gate: boolean, addedNs: number): MeasuredFinding {
  return metric(id, ns, gate, {
    ratio: 1 + addedNs / ns,
    verdict: 'regressed',
    pValue: 0.000_004,
    because: 'Slower by more than the margin of 2 %: 24 fresh pairs of launches.',
  });
}

export const notMeasured = (
  status: NotMeasured['status'],
  operation: string,
  errno: number,
  message: string,
): NotMeasured => ({ status, reason: { operation, errno, message } });

/** A metric without a number on the sides that are not given as measured. */
export function unavailable(
  id: string,
  baseline: Measured | NotMeasured,
  candidate: Measured | NotMeasured,
  because: string,
): MeasuredFinding {
  const lost = baseline.status === 'ok' && isRefused(candidate);
  const verdict = lost ? 'blocked' : 'incomparable';
  return {
    measure: 'time',
    id,
    gate: true,
    marginRatio: 0.02,
    baseline,
    candidate,
    verdict,
    because,
  };
}

export function comparison(
  design: Design,
  findings: MeasuredFinding[],
  fields: Partial<Comparison<MeasuredFinding>> = {},
): Comparison<MeasuredFinding> {
  return {
    design,
    alpha: 0.01,
    familySize: findings.filter(({ gate }) => gate).length,
    candidate: run('c4d5e6f708192a3b'),
    baseline: design === 'self' ? [] : [run('1a2b3c4d5e6f7081')],
    findings,
    skipped: [],
    caveats: [],
    ...fields,
  };
}

export const report = (
  compared: Comparison,
  specs: { baseline: string; candidate: string } = { baseline: 'host', candidate: 'host' },
): Report =>
  buildReport(compared, judge(compared, 'regression'), {
    specs,
    policy: { alpha: compared.alpha, margins: [], failOn: 'regression' },
    exhibits: [
      ...compared.baseline.map((one) => ({ role: 'baseline' as const, run: one })),
      { role: 'candidate', run: compared.candidate },
    ],
  });

const unchangedMetrics = () => CATALOGUE.map(([id, ns, gate]) => metric(id, ns, gate));

const slowdown = 'command:test/native/slowdown {probe}';
const slowed: Partial<Subject> = { seccompMode: 'filter', seccompFilters: '1' };

/** A seccomp filter that the kernel cannot cache: about 25 ns on every call, on some lost in noise. */
export function regressedReport(): Report {
  const metrics = CATALOGUE.map(([id, ns, gate]) => {
    if (id === 'context.ring_8p_16k') {
      return metric(id, ns, gate, {
        ratio: 1.021,
        verdict: 'inconclusive',
        because:
          'Undecided: the change could be anything from +1.74 % to +2.46 % (24 pairs of launches). About 64 pairs in total would settle it.',
        replicatesToSettle: 64,
      });
    }
    return id.startsWith('syscall.') || id === 'context.pipe_self'
      ? regressed(id, ns, gate, 25.4 + 3 * steady(id))
      : metric(id, ns, gate);
  });
  const sides = { candidate: run('c4d5e6f708192a3b', slowed, slowdown) };
  return report(comparison('paired', metrics, sides), { baseline: 'host', candidate: slowdown });
}

/** What an operation makes, as a record says it: kernel entries, context switches, bytes. */
const WORK: Readonly<Record<string, readonly [entries: number, switches: number, bytes: number]>> =
  {
    ...{ 'syscall.enosys': [1, 0, 0], 'syscall.null': [1, 0, 0], 'syscall.read_zero': [1, 0, 1] },
    ...{ 'syscall.write_null': [1, 0, 1], 'syscall.pread_4k': [1, 0, 4096] },
    ...{ 'syscall.fstat': [1, 0, 144], 'syscall.stat': [1, 0, 144] },
    ...{ 'syscall.open_close': [2, 0, 0], 'clock.vdso_monotonic': [0, 0, 0] },
    ...{ 'context.pipe_self': [2, 0, 2], 'context.pipe_2p_0k': [2, 1, 2] },
    ...{ 'context.ring_8p_0k': [2, 1, 2], 'context.ring_8p_16k': [2, 1, 2] },
  };

/** One cause behind them, and one metric that has another: the table of the first is folded away. */
export function diagnosedReport(): Report {
  const metrics = CATALOGUE.map(([id, ns, gate]) => {
    const [entries = 0] = WORK[id] ?? [];
    if (id === 'sendfile.tcp_64k_copy') return regressed(id, ns, gate, 2900);
    return gate && entries > 0
      ? regressed(id, ns, gate, (55 + 2 * steady(id)) * entries)
      : metric(id, ns, gate);
  });
  const records = metrics.map(({ id, gate, candidate: side }) => {
    const [entries, switches, bytes] = WORK[id] ?? [2, 0, 4096];
    const estimateNs = side.status === 'ok' ? side.estimate : 1;
    return {
      ...{ id, version: 1, gate, entries, switches, bytes, status: 'ok' as const },
      ...{ unit: 'ns' as const },
      replicates: [
        { sequence: 1, estimateNs, controlNs: 3.21, spreadNs: 1, kept: 19, rejected: 1 },
      ],
    };
  });
  const candidate = makeRun({ ...run('c4d5e6f708192a3b', slowed, slowdown), metrics: records });
  return report(comparison('paired', metrics, { candidate }), {
    baseline: 'host',
    candidate: slowdown,
  });
}

export const cleanReport = (): Report =>
  report(
    comparison('stored', unchangedMetrics(), {
      baseline: ['0000000000000001', '0000000000000002', '0000000000000003'].map((id) => run(id)),
      caveats: [
        'The baseline rests on 3 stored runs, so its intervals are wide: they narrow as runs are added.',
      ],
    }),
    { baseline: 'artifact', candidate: 'host' },
  );

export function selfReport(): Report {
  const metrics = unchangedMetrics().map(({ change: _, pValue: __, ...rest }) => ({
    ...rest,
    baseline: notMeasured('absent', 'compare', 0, 'no earlier run'),
    verdict: 'incomparable' as const,
    because: 'There is no earlier run to compare with.',
  }));
  const specs = { baseline: 'directory:.syscall-gate', candidate: 'host' };
  return report(comparison('self', metrics, { candidate: wholeRun('c4d5e6f708192a3b') }), specs);
}

/** A record that holds the catalogue, what vmstat would say, and the second pass. */
function wholeRun(id: string): Run {
  const vmstat = {
    ...{ load_1m: 0.42, memory_free_kib: 512_000, interrupts_per_second: 1210 },
    ...{ switches_per_second: 860_000, user_percent: 3, system_percent: 46, idle_percent: 51 },
  };
  const rates = [
    ['host.switches_per_second', 1163, false],
    ['host.vmstat', 826_000, false],
  ] as const;
  const metrics = [...CATALOGUE, ...rates].map(([name, ns, gate]) => ({
    ...{ id: name, version: 1, gate, entries: 2 + Math.round(3 * steady(name)) },
    ...{ status: 'ok' as const, unit: name.startsWith('host.') ? 'per_second' : 'ns' },
    replicates: [
      { sequence: 1, estimateNs: ns, controlNs: 3.21, spreadNs: ns / 90, kept: 19, rejected: 1 },
    ],
    ...(name === 'host.vmstat' ? { details: vmstat } : {}),
    ...(name.startsWith('sendfile.') ? { details: { segments_per_op: 1 } } : {}),
  }));
  return makeRun({
    ...run(id),
    metrics: metrics as Run['metrics'],
    tails: {
      timer: { status: 'ok', name: 'rdtsc', hz: 2.45e9, stepNs: 0.408, costNs: 20.4 },
      counters: {
        status: 'unsupported',
        reason: { operation: 'perf_event_open', errno: 95, message: 'Operation not supported' },
      },
      metrics: [
        {
          ...{ id: 'syscall.null', operations: 1, samples: 10_000, counters: {} },
          ...{ p50Ns: 103, p99Ns: 131, p999Ns: 402, maxNs: 21_300 },
        },
        {
          ...{ id: 'context.pipe_2p_0k', operations: 2, samples: 5210, counters: {} },
          ...{ p50Ns: 1210, p99Ns: 1904, maxNs: 40_100 },
        },
      ],
    },
  });
}

/** A container profile that takes loopback away and leaves the rest as it was. */
export function deniedReport(): Report {
  const denied = notMeasured('denied', 'socket(AF_INET)', 1, 'Operation not permitted');
  const metrics = CATALOGUE.map(([id, ns, gate]) => {
    if (id.startsWith('sendfile.tcp_64k')) {
      const before: Measured = { status: 'ok', unit: 'ns', estimate: ns, replicates: 24 };
      return unavailable(id, before, denied, 'The candidate is denied what the baseline can do.');
    }
    if (id === 'syscall.open_close') {
      const unstable = notMeasured('unstable', 'occupancy', 0, '31 % of the batches were kept');
      const fine: Measured = { status: 'ok', unit: 'ns', estimate: ns, replicates: 24 };
      return unavailable(id, fine, unstable, 'The candidate kept fewer than half of its batches.');
    }
    if (id === 'sendfile.tcp_4k_nagle_header') return unavailable(id, denied, denied, '');
    return metric(id, ns, gate);
  });
  return report(comparison('paired', metrics), {
    baseline: 'host',
    candidate: 'command:crun run {probe}',
  });
}

/** gVisor under ptrace: every call is a stop of two processes. */
export function sandboxReport(): Report {
  const spec = 'command:runsc --platform=ptrace --network=none do {probe}';
  const noLoopback = notMeasured('no_loopback', 'connect(127.0.0.1)', 101, 'Network unreachable');
  const metrics = CATALOGUE.map(([id, ns, gate]) => {
    if (id.startsWith('sendfile.')) {
      const before: Measured = { status: 'ok', unit: 'ns', estimate: ns, replicates: 24 };
      return unavailable(id, before, noLoopback, 'The candidate has no loopback device.');
    }
    if (id.startsWith('control.')) return metric(id, ns, gate);
    if (id.startsWith('clock.')) {
      const fields = { ratio: 0.0071, verdict: 'improved' as const, because: 'Faster.' };
      return metric(id, 130 * ns, gate, fields);
    }
    return regressed(id, ns, gate, 50_000 + 9 * ns * steady(id));
  });
  const candidate = run(
    'c4d5e6f708192a3b',
    { kernelRelease: '4.4.0', preemption: 'unknown' },
    spec,
  );
  return report(comparison('paired', metrics, { candidate }), {
    baseline: 'host',
    candidate: spec,
  });
}

export const HOSTILE =
  'x`y`|z\u001b[31mred\u001b[0m\u001b]0;title\u0007<img src=x onerror=alert(1)> @octocat **bold** ' +
  '[click](https://evil.example/) http://evil.example www.evil.example #1 \u202egnirts\r\n# head --> $x$';

export function hostileReport(): Report {
  const refused = notMeasured('error', HOSTILE.slice(0, 190), 5, HOSTILE.slice(0, 190));
  const metrics = [
    regressed('syscall.null', 81.3, true, 25),
    metric('syscall.stat', 337, true, { verdict: 'inconclusive', because: HOSTILE }),
    unavailable(
      'syscall.fstat',
      { status: 'ok', unit: 'ns', estimate: 168, replicates: 24 },
      refused,
      HOSTILE,
    ),
    unavailable('syscall.pread_4k', refused, refused, HOSTILE),
  ];
  const candidate = run('c4d5e6f708192a3b', {
    kernelRelease: HOSTILE,
    kernelCommandLine: `${HOSTILE} \`\`\`\n</details>`,
    vulnerabilities: { [HOSTILE.slice(0, 60)]: `Mitigation: ${HOSTILE}` },
    libc: HOSTILE,
  });
  const compared = comparison('paired', metrics, { candidate, caveats: [HOSTILE] });
  return report(compared, { baseline: 'host', candidate: `command:${HOSTILE} {probe}` });
}

/** Three machines of two kinds: entering the kernel got slower on one kind, and two are too few. */
export function shardsReport(): Report {
  const kinds = [
    'AMD EPYC 7763 64-Core Processor',
    'Intel Xeon Platinum 8370C',
    HOSTILE.slice(0, 150),
  ];
  const slower = (id: string, machine: number) =>
    id === 'syscall.stat' || (id === 'syscall.null' && machine === 0);
  const metrics = CATALOGUE.map(([id, ns, gate]) => {
    if (id === 'syscall.stat') return regressed(id, ns, gate, 25.4);
    if (id !== 'syscall.null') return metric(id, ns, gate);
    const because =
      'Undecided: the change could be anything from +1.51 % to +19.2 % (72 pairs of launches on 3 machines). About 21 machines in total would settle it. The machines disagree: +31.2 % on machine 1, +0.06 % on machine 2.';
    const verdict = 'inconclusive';
    return metric(id, ns, gate, { ratio: 1.1, verdict, because, replicatesToSettle: 21 });
  });
  const machines = kinds.map((cpuModel, machine) => {
    const side = (id: string) => {
      const one = run(id);
      return makeRun({ ...one, platform: { ...one.platform, cpuModel } });
    };
    const changes = CATALOGUE.map(([id]) => {
      const much = id === 'syscall.null' ? 1.312 : 1.07 + machine / 100;
      const ratio = slower(id, machine) ? much : 1 + noise(id) / 4;
      return { id, ratio, low: ratio - 0.004, high: ratio + 0.005, confidence: 0.95, pairs: 24 };
    });
    const ids = [`${machine}`.repeat(16), `${machine + 4}`.repeat(16)] as const;
    return { baseline: side(ids[0]), candidate: side(ids[1]), pairs: 24, changes };
  });
  const baseline = machines.map((machine) => machine.baseline);
  const disagreements = ['syscall.null'];
  const caveats = [
    'Only 3 of 4 shards arrived, and the verdict rests on those: see what became of the other jobs.',
  ];
  return report(comparison('shards', metrics, { machines, disagreements, baseline, caveats }));
}

/** @param count how many metrics, a third of them regressed, a third undecided */
export function hugeReport(count: number, text = 'A sentence of an ordinary length.'): Report {
  const metrics = Array.from({ length: count }, (_, index) => {
    const id = `syscall.${'entry_'.repeat(8)}${index}`;
    if (index % 3 === 0) return { ...regressed(id, 100, true, 3 + index), because: text };
    if (index % 3 === 1) return metric(id, 100, true, { verdict: 'inconclusive', because: text });
    return metric(id, 100, true, { because: text });
  });
  return report(comparison('paired', metrics, { caveats: Array.from({ length: 40 }, () => text) }));
}
