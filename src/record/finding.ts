import { z } from 'zod';
import { reasonSchema, UNAVAILABLE } from './metric-status.js';
import { unitSchema } from './run.js';
import { VERDICTS } from './verdict.js';

/** One entry of a report's list of findings: what was compared of one metric, and what it came to. */

const notMeasuredSchema = z.strictObject({
  status: z.enum([...UNAVAILABLE, 'absent']),
  reason: reasonSchema.describe('the operation that failed, its errno (0 for none) and the words'),
});

const measuredSideSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('ok'),
    unit: unitSchema.describe(
      'ns: a time; per_second: a time that is read as a rate, 1e9 / estimate; count: events',
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
    count: z.number().describe('instructions of an operation: the median over the boots'),
    resolution: z.number().describe('how far its boots lie apart, in instructions'),
    boots: z.array(z.number()),
  }),
  notMeasuredSchema,
]);

export const changeSchema = z.strictObject({
  ratio: z.number().positive().describe('candidate over baseline: 1.05 is five percent slower'),
  low: z.number().min(0),
  high: z.number().positive().nullable().describe('null where the data put no upper bound'),
  confidence: z.number().gt(0).max(1).describe('coverage of the interval from low to high'),
});

const findingFields = {
  id: z.string(),
  gate: z.boolean().describe('false for a metric that informs and never turns the gate red'),
  verdict: z.enum(VERDICTS),
  because: z.string().describe('what decided, or why nothing could be decided'),
};

const measuredFindingSchema = z.strictObject({
  measure: z.enum(['time', 'events']),
  ...findingFields,
  margin: z
    .number()
    .min(0)
    .describe('smallest change that matters: 0.02 is two percent, 0 for events, of which any does'),
  baseline: measuredSideSchema,
  candidate: measuredSideSchema,
  change: changeSchema.nullable(),
  p: z.number().min(0).max(1).nullable().describe('Holm-adjusted, of the test that decided'),
  mde80: z
    .number()
    .positive()
    .nullable()
    .describe('smallest true change (0.03 is three percent) that is caught four times in five'),
  floor: changeSchema
    .extend({ pairs: z.int().min(0), rejections: z.int().min(0) })
    .nullable()
    .describe('the same comparison between identical sides of this run'),
  replicatesToSettle: z
    .int()
    .positive()
    .nullable()
    .describe(
      'pairs (duet), stored runs (prediction) or machines (shards) that would settle an inconclusive metric',
    ),
});

const changeKind = z.enum(['grown', 'shrunk', 'new', 'gone']);

const functionSchema = z.strictObject({
  name: z.string(),
  module: z.string().nullable(),
  before: z.number().describe('instructions an operation in the function itself'),
  after: z.number(),
  difference: z.number(),
  change: changeKind,
  chain: z
    .array(z.string())
    .describe('from the innermost caller that is there on both sides to the function'),
});

export const callSchema = z.strictObject({
  caller: z.string().nullable().describe('who calls it, on both sides; null at the entry'),
  name: z.string(),
  module: z.string().nullable(),
  difference: z
    .number()
    .describe(
      'instructions an operation: its own, or of one that is new or gone with all it calls',
    ),
  change: changeKind,
  below: z.int().min(0).describe('functions that came or went with it'),
});

const instructionsFindingSchema = z.strictObject({
  measure: z.literal('instructions'),
  ...findingFields,
  margin: z.number().nullable().describe('instructions; less is listed and not flagged'),
  baseline: countedSideSchema,
  candidate: countedSideSchema,
  difference: z.number().nullable().describe('instructions more, an operation'),
  resolution: z.number().nullable().describe('what the counts cannot tell from nothing'),
  functions: z
    .array(functionSchema)
    .nullable()
    .describe('those whose instructions differ, callers first; null without a trace of both sides'),
  calls: z
    .array(callSchema)
    .nullable()
    .describe('the same as changes of calls: what is new or gone is one with all that it calls'),
  remainder: z
    .number()
    .nullable()
    .describe('of the difference, instructions that the functions do not add up to'),
  untraced: z.string().nullable().describe('why there is no trace, where there was to be one'),
});

export const findingSchema = z.discriminatedUnion('measure', [
  measuredFindingSchema,
  instructionsFindingSchema,
]);

/** A metric in a report: by its time, by its events, or by its instructions. */
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
