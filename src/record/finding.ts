import { z } from 'zod';
import { reasonSchema, UNAVAILABLE } from './metric-status.js';
import { unitSchema } from './run.js';
import { VERDICTS } from './verdict.js';

/** One entry of a report's list of findings: one metric by one measure, and its outcome. */

const notMeasuredSchema = z.strictObject({
  status: z.enum([...UNAVAILABLE, 'absent']),
  reason: reasonSchema.describe('the operation that failed, its errno (0 for none) and a message'),
});

const measuredSideSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('ok'),
    unit: unitSchema.describe(
      'ns: a time; per_second: a time that is shown as a rate, 1e9 / estimate; count: events',
    ),
    estimate: z
      .number()
      .min(0)
      .describe("ns per operation at the baseline's control speed, or events per operation"),
    replicates: z.int().min(1),
  }),
  notMeasuredSchema,
]);

const countedSideSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('ok'),
    count: z.number().describe('instructions per operation: the median over the boots'),
    resolution: z.number().describe('how far the boots lie apart, in instructions per operation'),
    boots: z.array(z.number()),
  }),
  notMeasuredSchema,
]);

export const changeSchema = z.strictObject({
  ratio: z
    .number()
    .positive()
    .describe('candidate divided by baseline: 1.05 is five percent slower'),
  low: z.number().min(0),
  high: z.number().positive().nullable().describe('null if the data give no upper bound'),
  confidence: z
    .number()
    .gt(0)
    .max(1)
    .describe('coverage of the interval from low to high; 1 for exact counts'),
});

const findingFields = {
  id: z.string(),
  gate: z
    .boolean()
    .describe('false for a metric that is for information only and never turns the gate red'),
  verdict: z.enum(VERDICTS),
  because: z
    .string()
    .describe('one or more sentences: why this is the verdict, or why nothing could be decided'),
};

const measuredFindingSchema = z.strictObject({
  measure: z.enum(['time', 'events']),
  ...findingFields,
  margin: z
    .number()
    .min(0)
    .describe(
      'smallest change that matters: 0.02 is two percent; 0 for events, where any change matters',
    ),
  baseline: measuredSideSchema,
  candidate: measuredSideSchema,
  change: changeSchema.nullable(),
  p: z.number().min(0).max(1).nullable().describe('Holm-adjusted p-value of the deciding test'),
  mde80: z
    .number()
    .positive()
    .nullable()
    .describe(
      'smallest true change that is caught four times in five (MDE80): 0.03 is three percent',
    ),
  floor: changeSchema
    .extend({ pairs: z.int().min(0), rejections: z.int().min(0) })
    .nullable()
    .describe('noise floor: the same comparison between identical sides of this run'),
  replicatesToSettle: z
    .int()
    .positive()
    .nullable()
    .describe(
      'total pairs (paired), stored runs (stored) or machines (shards) that would settle an inconclusive metric',
    ),
});

const changeKind = z.enum(['grown', 'shrunk', 'new', 'gone']);

const functionSchema = z.strictObject({
  name: z.string(),
  module: z.string().nullable(),
  before: z.number().describe('instructions per operation in the function itself'),
  after: z.number(),
  difference: z.number(),
  change: changeKind,
  chain: z
    .array(z.string())
    .describe('calls from the innermost caller that both sides have to the function'),
});

export const callSchema = z.strictObject({
  caller: z.string().nullable().describe('the calling function; null at the kernel entry'),
  name: z.string(),
  module: z.string().nullable(),
  difference: z
    .number()
    .describe(
      'instructions per operation: its own; for a new or gone function, with all that it calls',
    ),
  change: changeKind,
  below: z.int().min(0).describe('functions below it that are new or gone with it'),
});

const instructionsFindingSchema = z.strictObject({
  measure: z.literal('instructions'),
  ...findingFields,
  margin: z
    .number()
    .nullable()
    .describe('in instructions: a smaller difference is listed, not flagged'),
  baseline: countedSideSchema,
  candidate: countedSideSchema,
  difference: z.number().nullable().describe('added instructions per operation'),
  resolution: z
    .number()
    .nullable()
    .describe('boot-to-boot noise: a difference up to this size is no change'),
  functions: z
    .array(functionSchema)
    .nullable()
    .describe(
      'functions whose instructions differ, callers first; null without a trace of both sides',
    ),
  calls: z
    .array(callSchema)
    .nullable()
    .describe('the same as calls: a new or gone function is one entry with all that it calls'),
  remainder: z
    .number()
    .nullable()
    .describe('the part of the difference that the functions do not explain, in instructions'),
  untraced: z.string().nullable().describe('why there is no trace although one was asked for'),
});

export const findingSchema = z.discriminatedUnion('measure', [
  measuredFindingSchema,
  instructionsFindingSchema,
]);

/** A metric in a report: by time, by events, or by instructions. */
export type FindingReport = z.infer<typeof findingSchema>;
export type MeasuredReport = z.infer<typeof measuredFindingSchema>;
export type InstructionsReport = z.infer<typeof instructionsFindingSchema>;
export type SideReport = z.infer<typeof measuredSideSchema>;
export type CountedSideReport = z.infer<typeof countedSideSchema>;
export type NotMeasuredReport = z.infer<typeof notMeasuredSchema>;

export const isMeasuredReport = (finding: FindingReport): finding is MeasuredReport =>
  finding.measure !== 'instructions';

export const isInstructionsReport = (finding: FindingReport): finding is InstructionsReport =>
  finding.measure === 'instructions';
