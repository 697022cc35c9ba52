import { z } from 'zod';
import { instructionsSchema } from './instructions.js';
import { kernelConfigurationSchema } from './kernel-configuration.js';
import { metricIdentity } from './metric-identity.js';
import { reasonSchema, UNAVAILABLE } from './metric-status.js';
import { upgradeRun } from './run-upgrade.js';
import { type Newer, newerText, parseStrictly } from './strict.js';

/**
 * The run record: everything that was measured of one side of a comparison, as plain JSON. It is the
 * contract between jobs that may be months apart. So every string, number and list is bounded, and an
 * unknown field is an error. `docs/stability.md` says when its version changes.
 *
 * `schema/run-v1.json` is generated from this file.
 */
export const RUN_SCHEMA = 'syscall-gate/run';
export const RUN_VERSION = '1.1';

/** The largest record that is read. A hundred metrics with the most launches stay below it. */
export const MAX_RUN_BYTES = 32 * 1024 * 1024;

const text = z.string().max(512);
const word = z.string().min(1).max(128);
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const nanoseconds = z.number().min(0).max(1e15);
/** Far shorter and longer than any operation. Ratios of these are still finite numbers. */
const positiveNanoseconds = z.number().min(1e-9).max(1e12);
const ratio = z.number().min(0).max(1);
const timestamp = z.iso.datetime();

/** What must match for two runs to be compared: the machine under the kernel. */
export const platformSchema = z.strictObject({
  architecture: word,
  cpuVendor: text,
  cpuModel: text,
  cpuFamily: text,
  cpuModelNumber: text,
  cpuStepping: text,
  microcode: text,
  cpuCount: z.int().min(1).max(65536),
  hypervisor: text,
  clocksource: text,
  smt: text,
});

/** The subject under test: everything that may differ between the sides because it was changed. */
export const subjectSchema = z.strictObject({
  kernelRelease: text,
  kernelVersion: text,
  kernelCommandLine: z.string().max(4096),
  kernelConfigHash: text,
  vulnerabilities: z.record(word, text),
  preemption: text,
  seccompMode: text,
  seccompFilters: text,
  securityModules: text,
  libc: text,
  container: text,
  /** Policy and priority or niceness that the probe was given. */
  scheduler: text,
  /** Levels of CPU cgroups above the probe, as seen from its cgroup namespace. */
  cgroupDepth: text,
  loopbackMtu: text,
  /** Minimum, default and maximum of tcp(7)'s tcp_rmem and tcp_wmem. */
  tcpBuffers: text,
  probeUid: count,
});

/** The virtual machine that a kernel was booted in. Programs read this, people read the facts. */
const machineSchema = z.strictObject({
  architecture: word,
  /** KVM runs the kernel on the processor itself, TCG emulates one. */
  accelerator: z.enum(['kvm', 'tcg']),
  emulator: z.strictObject({
    name: word,
    version: text,
    /** The models of machine and processor that the emulator was asked for. */
    machine: text,
    cpu: text,
    /** Both are absent in old records that lack them. */
    memoryMib: z.int().min(1).max(1e9).optional(),
    cpus: z.int().min(1).max(65536).optional(),
    /** The processor that the emulator itself ran on. */
    hostCpu: text,
  }),
});

/** Where a probe can run; src/targets has a file for each. */
export const TARGET_KINDS = ['host', 'command', 'container', 'kernel'] as const;

export type TargetKindName = (typeof TARGET_KINDS)[number];

export const targetSchema = z.strictObject({
  kind: z.enum(TARGET_KINDS),
  spec: z.string().min(1).max(4096),
  /** Facts for people, from the target's own tools: the image's digest, the engine, the emulator. */
  facts: z.record(word, text).optional(),
  machine: machineSchema.optional(),
  /** The kernel's configuration, if it could be read. */
  configuration: kernelConfigurationSchema.optional(),
});

/** Where the measured code came from, when the run was made by a workflow. */
const sourceSchema = z.strictObject({
  repository: text,
  branch: text,
  commit: text,
  event: text,
  runId: count,
  runAttempt: count,
});

/** Globs that a record holds at most, and characters of one: far more than the catalogue needs. */
export const MAX_GLOBS = 512;
export const MAX_GLOB = 4096;

const planSchema = z.strictObject({
  seed: count,
  /** The globs that chose the metrics; absent if all were measured. */
  metricGlobs: z.array(z.string().min(1).max(MAX_GLOB)).min(1).max(MAX_GLOBS).optional(),
  /** The CPU that the launches ran on, and whether they were pinned; absent if not recorded. */
  cpu: z.int().min(0).max(65535),
  pinned: z.boolean().optional(),
  /** Probe processes in one launch, if a start takes long: their median is its replicate. */
  processesPerLaunch: z.int().min(1).max(64),
  roundsPerLaunch: z.int().min(1).max(1000),
  batchesPerRound: z.int().min(1).max(10_000),
  batchNs: positiveNanoseconds,
  /** The quantile of the kept batches that is a replicate's estimate. */
  estimateQuantile: ratio,
  /** A batch counts when CPU time over wall time exceeds this share of the metric's best. */
  occupancyThreshold: ratio,
});

const pairedSideSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  side: z.enum(['baseline', 'candidate']),
});

/**
 * One start of the probe. `sequence` numbers the launches of both sides of a paired comparison in one
 * order.
 */
const launchSchema = z.strictObject({
  sequence: count,
  phase: z.enum(['warm-up', 'tails', 'screen', 'confirm']),
  wallNs: nanoseconds,
  userNs: nanoseconds,
  systemNs: nanoseconds,
  stolenNs: nanoseconds,
  involuntarySwitches: count,
  /** The run's `coreWidth` in this launch alone; absent if no metric was timed or it is not known. */
  coreWidth: z.number().gt(0).max(1e6).optional(),
  /** The CPU that it ran on, if it is another than the plan's. */
  cpu: z.int().min(0).max(65535).optional(),
  /**
   * Another thread was busy on the same core after most of its batches. It is left out for that, or
   * counted because too few launches would be left.
   */
  neighbour: z.enum(['left out', 'counted']).optional(),
  failure: text.optional(),
});

/**
 * One metric in one launch. `estimateNs` is the plan's quantile of the kept batches in ns per
 * operation, as the clock read it; `controlNs` the lower quartile of the control batches beside
 * them; `spreadNs` the interquartile range of the kept batches.
 */
export const replicateSchema = z.strictObject({
  sequence: count,
  estimateNs: positiveNanoseconds,
  controlNs: positiveNanoseconds,
  spreadNs: nanoseconds,
  kept: count,
  rejected: count,
});

/** Further facts about a metric, such as `segments_per_op`: medians over its launches. */
const details = z.record(word, z.number().min(0).max(1e15));

/** Events per operation in one launch: the most frequent count, and how many counts agree on it. */
const countSchema = z.strictObject({
  sequence: count,
  count: z.number().min(0).max(1e12),
  agreeing: z.int().min(1),
  counts: z.int().min(1),
});

/**
 * What a metric's number is: the time of an operation, the same time shown as operations per second,
 * or a count of events.
 */
export const unitSchema = z.enum(['ns', 'per_second', 'count']);

const metricFields = {
  ...metricIdentity,
  /** The default margin is never below this ratio, because the metric's launches differ too much. */
  leastMargin: z.number().gt(0).max(10).optional(),
  /** By design, per operation: system calls and page faults, context switches, bytes moved. */
  entries: z.int().min(0).optional(),
  switches: z.int().min(0).optional(),
  bytes: z.int().min(0).optional(),
};

const timedMetricSchema = z.strictObject({
  ...metricFields,
  status: z.literal('ok'),
  unit: unitSchema.exclude(['count']),
  replicates: z.array(replicateSchema).min(1).max(10_000),
  /** How many launches are left out because another thread was busy on the same core. */
  contended: z.int().min(1).optional(),
  details: details.optional(),
});

const countedMetricSchema = z.strictObject({
  ...metricFields,
  status: z.literal('ok'),
  unit: z.literal('count'),
  counts: z.array(countSchema).min(1).max(10_000),
  details: details.optional(),
});

const metricRecordSchema = z.discriminatedUnion('status', [
  z.discriminatedUnion('unit', [timedMetricSchema, countedMetricSchema]),
  z.strictObject({
    ...metricFields,
    status: z.enum(UNAVAILABLE),
    reason: reasonSchema,
  }),
]);

const unavailableSchema = z.strictObject({ status: z.enum(UNAVAILABLE), reason: reasonSchema });

/**
 * Single operations, timed one by one in a separate pass. They gate nothing. Times are ns per
 * operation and include the timer's own cost. If operations come in turns, a sample is a turn.
 */
export const tailsSchema = z.strictObject({
  timer: z.discriminatedUnion('status', [
    z.strictObject({
      ...{ status: z.literal('ok'), name: text, hz: z.number().gt(0).max(1e15) },
      ...{ stepNs: nanoseconds, costNs: nanoseconds },
    }),
    unavailableSchema,
  ]),
  counters: z.discriminatedUnion('status', [
    z.strictObject({ status: z.literal('ok') }),
    unavailableSchema,
  ]),
  metrics: z
    .array(
      z.strictObject({
        id: metricFields.id,
        operations: z.int().min(1),
        samples: count,
        p50Ns: nanoseconds.optional(),
        p99Ns: nanoseconds.optional(),
        p999Ns: nanoseconds.optional(),
        maxNs: nanoseconds.optional(),
        /** Instructions and cycles per operation, in user space and in the kernel. */
        counters: details,
      }),
    )
    .max(512),
});

export const runSchema = z.strictObject({
  schema: z.literal(RUN_SCHEMA),
  version: z.literal(RUN_VERSION),
  tool: word,
  catalogue: z.int().min(1).max(1_000_000),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  startedAt: timestamp,
  target: targetSchema,
  source: sourceSchema.optional(),
  platform: platformSchema,
  subject: subjectSchema,
  plan: planSchema,
  /**
   * The two runs of a paired comparison share its id. Their launches are numbered in one sequence.
   */
  duet: pairedSideSchema.optional(),
  /**
   * Time of the wide control loop divided by time of the chain of multiplications: the median over the
   * launches of each launch's median batch. It depends on the CPU model only, unless another thread was
   * busy on the same core.
   */
  coreWidth: z.number().gt(0).max(1e6).optional(),
  launches: z.array(launchSchema).max(20_000),
  /** Empty if instructions were counted and nothing was timed. */
  metrics: z.array(metricRecordSchema).max(512),
  tails: tailsSchema.optional(),
  instructions: instructionsSchema.optional(),
});

export type Platform = z.infer<typeof platformSchema>;
export type Subject = z.infer<typeof subjectSchema>;
export type MachineRecord = z.infer<typeof machineSchema>;
export type TargetRecord = z.infer<typeof targetSchema>;
export type Source = z.infer<typeof sourceSchema>;
export type PairedSide = z.infer<typeof pairedSideSchema>;
export type PlanRecord = z.infer<typeof planSchema>;
export type Launch = z.infer<typeof launchSchema>;
export type Replicate = z.infer<typeof replicateSchema>;
export type MetricRecord = z.infer<typeof metricRecordSchema>;
export type Unit = z.infer<typeof unitSchema>;
export type Count = z.infer<typeof countSchema>;
export type Tails = z.infer<typeof tailsSchema>;
/** A metric with a number: a time, or a count. */
export type TimedMetric = z.infer<typeof timedMetricSchema>;
export type CountedMetric = z.infer<typeof countedMetricSchema>;

export const isTimed = (metric: MetricRecord | undefined): metric is TimedMetric =>
  metric?.status === 'ok' && metric.unit !== 'count';

export const isCounted = (metric: MetricRecord | undefined): metric is CountedMetric =>
  metric?.status === 'ok' && metric.unit === 'count';

/** How many batches the replicates had, and how many of them were left out. */
export function countBatches(replicates: readonly Replicate[]): {
  batches: number;
  rejected: number;
} {
  const rejected = replicates.reduce((total, replicate) => total + replicate.rejected, 0);
  const kept = replicates.reduce((total, replicate) => total + replicate.kept, 0);
  return { batches: kept + rejected, rejected };
}

declare const parsed: unique symbol;
type RunFields = z.infer<typeof runSchema>;

/** A record that went through {@link parseRun}: no other value has this type. */
export type Run = RunFields & { readonly [parsed]: true };

type RunParse = { ok: true; run: Run } | { ok: false; reason: string };

/** The file of each run: as it was read, or as it is written. */
const texts = new WeakMap<Run, string>();
/** What a newer version wrote into a run's file and this program left out. */
const leftOut = new WeakMap<Run, Newer>();

/**
 * Reads a run record: strictly up to this version, without what a newer minor version added.
 *
 * @param json the file's text
 * @returns the run, or one clause that says what is wrong with the text and where
 */
export function parseRun(json: string): RunParse {
  const parse = parseStrictly(json, CONTRACT);
  if (!parse.ok) return parse;
  const { value, newer } = parse;
  const flaw = flawOf(value);
  if (flaw !== undefined) return { ok: false, reason: flaw };
  const run = sealRun(value);
  texts.set(run, json);
  if (newer !== undefined) leftOut.set(run, newer);
  return { ok: true, run };
}

/**
 * The text of a run's file. A run that was read keeps the text that it was read from: an older or a
 * newer version may have written it, and a copy must have the same hash. For other runs the text is made
 * once, since it is hashed for the report and written in two places.
 */
export function runText(run: Run): string {
  const text = texts.get(run) ?? `${JSON.stringify(run)}\n`;
  texts.set(run, text);
  return text;
}

/** One sentence for each run of which a newer version wrote more than this program knows. */
export const newerNotes = (runs: readonly Run[]): string[] =>
  runs.flatMap((run) => {
    const newer = leftOut.get(run);
    return newer === undefined ? [] : [`Run ${run.id} ${newerText(newer)}.`];
  });

const CONTRACT = {
  ...{ schema: runSchema, name: RUN_SCHEMA, version: RUN_VERSION, upgrade: upgradeRun },
  ...{ maxBytes: MAX_RUN_BYTES, noun: 'run record' },
};

/** What is wrong with the fields together, as a clause. */
function flawOf({ metrics, launches, instructions }: RunFields): string | undefined {
  if (metrics.length === 0 && instructions === undefined) return 'metrics: nothing was measured';
  const twice = repeated(metrics.map(({ id }) => id));
  if (twice !== undefined) return `metrics: ${twice} is there twice`;
  const launch = repeated(launches.map(({ sequence }) => sequence));
  if (launch !== undefined) return `launches: number ${launch} is there twice`;
  const known = new Set(launches.map(({ sequence }) => sequence));
  for (const [index, metric] of metrics.entries()) {
    const sequences = sequencesOf(metric);
    const again = repeated(sequences);
    if (again !== undefined) return `metrics.${index}: launch ${again} is there twice`;
    const unknown = sequences.find((sequence) => !known.has(sequence));
    if (unknown !== undefined) return `metrics.${index}: there is no launch ${unknown}`;
  }
  return undefined;
}

function sequencesOf(metric: MetricRecord): number[] {
  if (metric.status !== 'ok') return [];
  const measured = metric.unit === 'count' ? metric.counts : metric.replicates;
  return measured.map(({ sequence }) => sequence);
}

const repeated = <T>(values: readonly T[]): T | undefined =>
  values.length === new Set(values).size
    ? undefined
    : values.find((value, index) => values.indexOf(value) < index);

/**
 * Makes a run of fields that this program just measured. It checks them by the same schema as a record
 * that is read from a file.
 *
 * @throws ZodError when a field is out of bounds: a bug, not a user's mistake
 */
export function makeRun(fields: RunFields): Run {
  return sealRun(runSchema.parse(fields));
}

const sealRun = (fields: RunFields): Run => fields as Run;
