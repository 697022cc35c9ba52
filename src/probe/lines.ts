import { z } from 'zod';
import { type Reason, UNAVAILABLE } from '../record/metric-status.js';
import { platformSchema, replicateSchema, runSchema, subjectSchema } from '../record/run.js';

/** What each line of the wire format says: its fields as the probe writes them, and as read here. */

/** The major version of the wire format that this program speaks. */
export const WIRE_VERSION = 1;

const MAX_BATCHES = 10_000;
const MAX_DETAILS = 32;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const positive = z.number().gt(0).max(1e15);
const duration = z.number().min(0).max(1e15);
const batches = <T extends z.ZodType>(value: T) => z.array(value).min(1).max(MAX_BATCHES);
/** What a target says may end up in a log whose lines are commands. */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');

const bounded = (length: number) =>
  z.string().transform((value) => oneLine(value).slice(0, length));

// Stripped, not strict: a newer probe may say more than this program reads.
const environmentSchema = z.object({
  platform: z.object(platformSchema.shape),
  subject: z.object(subjectSchema.shape),
});

export const helloLine = z
  .object({
    wire: z.literal(WIRE_VERSION),
    catalogue: runSchema.shape.catalogue,
    clock: z.object({ name: z.string().max(128), cost_ns: z.number().min(0), vdso: z.boolean() }),
    cpu: z.int(),
    pinned: z.boolean(),
    pid: count,
    environment: environmentSchema.optional(),
  })
  .transform(({ catalogue, clock, cpu, pinned, pid, environment }) => ({
    catalogue,
    clock: { name: clock.name, costNs: clock.cost_ns, vdso: clock.vdso },
    cpu,
    pinned,
    pid,
    ...(environment === undefined ? {} : { environment }),
  }));

const metricFields = {
  id: z.string().min(1).max(64),
  version: z.int().min(1),
  round: z.int().min(0),
  /** What the round cost, from the setup to the teardown; what plans the next ones. */
  elapsed_ns: duration.default(0),
};

const details = z
  .record(z.string().regex(/^[a-z0-9_]{1,64}$/), z.number().min(0).max(1e15))
  .refine((facts) => Object.keys(facts).length <= MAX_DETAILS, { error: 'too many facts' })
  .default({});

/** What a record can hold of it. */
const isTime = (ns: number): boolean => replicateSchema.shape.estimateNs.safeParse(ns).success;

export const measuredLine = z
  .object({
    ...metricFields,
    status: z.literal('ok'),
    operations: positive,
    empty_runs: z.int().min(1).max(100).optional(),
    wall_ns: batches(positive),
    cpu_ns: batches(duration),
    control_ns: batches(positive),
    control_operations: positive,
    width_ns: batches(positive).optional(),
    width_operations: positive.optional(),
    details,
  })
  .refine((line) => line.cpu_ns.length === line.wall_ns.length, {
    error: 'not as long as wall_ns',
    path: ['cpu_ns'],
  })
  .refine((line) => line.control_ns.length === line.wall_ns.length, {
    error: 'not as long as wall_ns',
    path: ['control_ns'],
  })
  .refine((line) => line.wall_ns.every((ns) => isTime(ns / line.operations)), {
    error: 'not the time of an operation',
    path: ['wall_ns'],
  })
  .refine((line) => line.control_ns.every((ns) => isTime(ns / line.control_operations)), {
    error: 'not the time of an operation',
    path: ['control_ns'],
  })
  .refine((line) => (line.width_ns ?? line.wall_ns).length === line.wall_ns.length, {
    error: 'not as long as wall_ns',
    path: ['width_ns'],
  })
  .transform(({ id, version, round, status, elapsed_ns, ...line }) => ({
    ...{ id, version, round, status },
    elapsedNs: elapsed_ns,
    details: line.details,
    batches: {
      operations: line.operations,
      ...(line.empty_runs === undefined ? {} : { emptyRuns: line.empty_runs }),
      wallNs: line.wall_ns,
      cpuNs: line.cpu_ns,
      controlNs: line.control_ns,
      controlOperations: line.control_operations,
      ...(line.width_ns && line.width_operations
        ? { width: { ns: line.width_ns, operations: line.width_operations } }
        : {}),
    },
  }));

export const countedLine = z
  .object({
    ...metricFields,
    status: z.literal('ok'),
    operations: z.int().min(1),
    events: batches(z.int().min(0).max(1e12)),
    details,
  })
  .transform(({ operations, events, elapsed_ns, ...line }) => ({
    ...line,
    elapsedNs: elapsed_ns,
    counts: events.map((count) => count / operations),
  }));

const obstacle = {
  status: z.enum(UNAVAILABLE),
  operation: bounded(200),
  errno: z.int().min(0).max(4095),
  message: bounded(300),
};

export const unavailableLine = z
  .object({ ...metricFields, ...obstacle })
  .transform(({ id, version, round, status, elapsed_ns, ...reason }) => ({
    ...{ id, version, round, status },
    elapsedNs: elapsed_ns,
    reason: reason satisfies Reason,
  }));

const available = z.object({ status: z.literal('ok') });
const unavailable = z
  .object(obstacle)
  .transform(({ status, ...reason }) => ({ status, reason: reason satisfies Reason }));

/** What single operations are timed and counted with. */
export const tailsLine = z
  .object({
    timer: z.union([
      z
        .object({
          ...{ status: z.literal('ok'), name: bounded(64), hz: positive },
          ...{ step_ns: duration, cost_ns: duration },
        })
        .transform(({ status, name, hz, step_ns, cost_ns }) => ({
          ...{ status, name, hz, stepNs: step_ns, costNs: cost_ns },
        })),
      unavailable,
    ]),
    counters: z.union([available, unavailable]),
  })
  .transform(({ timer, counters }) => ({ timer, counters }));

const tailFields = { id: metricFields.id, version: metricFields.version };
const quantile = duration.optional();

export const sampledLine = z
  .object({
    ...tailFields,
    status: z.literal('ok'),
    operations: z.int().min(1),
    samples: count,
    ...{ p50_ns: quantile, p99_ns: quantile, p999_ns: quantile, max_ns: quantile },
    counters: details,
  })
  .transform((line) => ({
    ...{ id: line.id, version: line.version, status: line.status },
    ...{ operations: line.operations, samples: line.samples, counters: line.counters },
    ...{ p50Ns: line.p50_ns, p99Ns: line.p99_ns, p999Ns: line.p999_ns, maxNs: line.max_ns },
  }));

export const unsampledLine = z
  .object({ ...tailFields, ...obstacle })
  .transform(({ id, version, status, ...reason }) => ({
    ...{ id, version, status },
    reason: reason satisfies Reason,
  }));

/** Who measured: one probe process, its clock (`costNs`: one reading) and what it sees around it. */
export type Hello = z.infer<typeof helloLine>;
export type Environment = z.infer<typeof environmentSchema>;
/** One metric in one round: its batches, or its counts an operation, or why it has neither. */
export type WireMetric =
  | z.infer<typeof measuredLine>
  | z.infer<typeof countedLine>
  | z.infer<typeof unavailableLine>;
/** The timer of the second pass and its hardware counters, each as available or why not. */
export type WireTails = z.infer<typeof tailsLine>;
/** Quantiles of single operations of one metric, the timer's cost included, or why there are none. */
export type WireTail = z.infer<typeof sampledLine> | z.infer<typeof unsampledLine>;
/**
 * The batches of a round. Entry i of each array is batch i: `wallNs` its wall time for `operations`
 * operations, `cpuNs` the CPU time of all its participants, `controlNs` the wall time of the control
 * batch right after it, of `controlOperations` operations, and `width` the same of the wide loop.
 */
export type WireBatches = z.infer<typeof measuredLine>['batches'];
