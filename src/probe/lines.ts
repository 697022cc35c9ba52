import { z } from 'zod';
import { type Reason, UNAVAILABLE } from '../record/metric-status.js';
import { platformSchema, replicateSchema, runSchema, subjectSchema } from '../record/run.js';

/**
 * What each line of the wire format says. Fields have the same names here, in the probe's lines and in
 * the run record. Unknown fields are dropped, so the probe may say more without a new version.
 */

/** The version of the wire format that this program reads. */
export const WIRE_VERSION = 2;

const MAX_BATCHES = 10_000;
const MAX_DETAILS = 32;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const positive = z.number().gt(0).max(1e15);
const duration = z.number().min(0).max(1e15);
const batches = <T extends z.ZodType>(value: T) => z.array(value).min(1).max(MAX_BATCHES);
/** A target's text may end up in a log whose lines are commands, so it is made one line. */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');

const bounded = (length: number) =>
  z.string().transform((value) => oneLine(value).slice(0, length));

// Not strict: a newer probe may say more than this program reads.
const environmentSchema = z.object({
  platform: z.object(platformSchema.shape),
  subject: z.object(subjectSchema.shape),
});

export const helloLine = z.object({
  wire: z.literal(WIRE_VERSION),
  catalogue: runSchema.shape.catalogue,
  clock: z.object({ name: z.string().max(128), costNs: z.number().min(0), vdso: z.boolean() }),
  cpu: z.int(),
  pinned: z.boolean(),
  pid: count,
  environment: environmentSchema.optional(),
});

const metricFields = {
  id: z.string().min(1).max(64),
  version: z.int().min(1),
  round: z.int().min(0),
  /** Time of the round, from the setup to the teardown. Later rounds are planned from it. */
  elapsedNs: duration.default(0),
};

const details = z
  .record(z.string().regex(/^[a-z0-9_]{1,64}$/), z.number().min(0).max(1e15))
  .refine((facts) => Object.keys(facts).length <= MAX_DETAILS, { error: 'too many facts' })
  .default({});

/** Whether a record can hold it as the time of one operation. */
const isTime = (ns: number): boolean => replicateSchema.shape.estimateNs.safeParse(ns).success;

const batchesSchema = z
  .object({
    operations: positive,
    emptyRuns: z.int().min(1).max(100).optional(),
    wallNs: batches(positive),
    cpuNs: batches(duration),
    controlNs: batches(positive),
    controlOperations: positive,
    width: z.object({ ns: batches(positive), operations: positive }).optional(),
  })
  .superRefine(({ wallNs, cpuNs, controlNs, width, ...line }, context) => {
    const require = (holds: boolean, path: string[], message: string) => {
      if (!holds) context.addIssue({ code: 'custom', path, message });
    };
    const inParallel = { cpuNs, controlNs, width: width?.ns ?? wallNs };
    for (const [name, values] of Object.entries(inParallel)) {
      require(values.length === wallNs.length, [name], 'not as long as wallNs');
    }
    const timed = [
      { name: 'wallNs', values: wallNs, operations: line.operations },
      { name: 'controlNs', values: controlNs, operations: line.controlOperations },
    ];
    for (const { name, values, operations } of timed) {
      const valid = values.every((ns) => isTime(ns / operations));
      require(valid, [name], 'not the time of an operation');
    }
  });

export const measuredLine = z.object({
  ...metricFields,
  status: z.literal('ok'),
  batches: batchesSchema,
  details,
});

export const countedLine = z
  .object({
    ...metricFields,
    status: z.literal('ok'),
    operations: z.int().min(1),
    events: batches(z.int().min(0).max(1e12)),
    details,
  })
  .transform(({ operations, events, ...line }) => ({
    ...line,
    counts: events.map((count) => count / operations),
  }));

const obstacle = {
  status: z.enum(UNAVAILABLE),
  reason: z.object({
    operation: bounded(200),
    errno: z.int().min(0).max(4095),
    message: bounded(300),
  }) satisfies z.ZodType<Reason>,
};

export const unavailableLine = z.object({ ...metricFields, ...obstacle });

const available = z.object({ status: z.literal('ok') });
const unavailable = z.object(obstacle);

const timer = z.object({
  ...{ status: z.literal('ok'), name: bounded(64), hz: positive },
  ...{ stepNs: duration, costNs: duration },
});

/** The clock and the counters that measure single operations. */
export const tailsLine = z.object({
  timer: z.union([timer, unavailable]),
  counters: z.union([available, unavailable]),
});

const tailFields = { id: metricFields.id, version: metricFields.version };
const quantile = duration.optional();

export const sampledLine = z.object({
  ...tailFields,
  status: z.literal('ok'),
  operations: z.int().min(1),
  samples: count,
  ...{ p50Ns: quantile, p99Ns: quantile, p999Ns: quantile, maxNs: quantile },
  counters: details,
});

export const unsampledLine = z.object({ ...tailFields, ...obstacle });

/** The probe process that measured, its clock (`costNs`: of one reading) and its environment. */
export type Hello = z.infer<typeof helloLine>;
export type Environment = z.infer<typeof environmentSchema>;
/** One metric in one round: its batches, or its counts per operation, or why it has neither. */
export type WireMetric =
  | z.infer<typeof measuredLine>
  | z.infer<typeof countedLine>
  | z.infer<typeof unavailableLine>;
/** The timer and the hardware counters of the second pass: each works, or says why not. */
export type WireTails = z.infer<typeof tailsLine>;
/** Quantiles of single operations of one metric, timer cost included, or why there are none. */
export type WireTail = z.infer<typeof sampledLine> | z.infer<typeof unsampledLine>;
/**
 * The batches of a round. Entry i of each array belongs to batch i: `wallNs` is its wall time for
 * `operations` operations, `cpuNs` the CPU time of all its participants. `controlNs` is the wall time
 * of the control batch right after it, of `controlOperations` operations, and `width` the same for the
 * wide control loop.
 */
export type WireBatches = z.infer<typeof batchesSchema>;
