import { z } from 'zod';
import { UNAVAILABLE } from '../record/metric-status.js';
import { platformSchema, subjectSchema } from '../record/run.js';

/** The report for scripts: `--json`, the action's `report` output. `schema/report-v1.json`. */
export const REPORT_SCHEMA = 'syscall-gate/report';
export const REPORT_VERSION = 1;

const metricVerdict = z.enum([
  'regressed',
  'improved',
  'unchanged',
  'inconclusive',
  'incomparable',
]);

const sideSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('ok'),
    estimate: z.number().positive().describe("ns per operation, at the baseline's control speed"),
    replicates: z.int().min(1),
  }),
  z.strictObject({
    status: z.enum([...UNAVAILABLE, 'absent']),
    reason: z.string().describe('the operation that failed and what it said'),
  }),
]);

const changeSchema = z.strictObject({
  ratio: z.number().positive().describe('candidate over baseline: 1.05 is five percent slower'),
  low: z.number().min(0),
  high: z.number().positive().nullable().describe('null where the data put no upper bound'),
  confidence: z.number().gt(0).max(1).describe('coverage of the interval from low to high'),
});

export const metricReportSchema = z.strictObject({
  id: z.string(),
  status: z.enum(['ok', ...UNAVAILABLE, 'absent']).describe("the candidate's status"),
  verdict: metricVerdict,
  because: z.string().describe('what decided, or why nothing could be decided'),
  gate: z.boolean().describe('false for a metric that informs and never turns the gate red'),
  margin: z.number().positive().describe('smallest change that matters: 0.02 is two percent'),
  baseline: sideSchema,
  candidate: sideSchema,
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
    .describe('pairs (duet) or stored runs (prediction) that would settle an inconclusive metric'),
});

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  version: z.literal(REPORT_VERSION),
  tool: z.string(),
  verdict: z.enum([...metricVerdict.options, 'no-baseline']),
  passed: z.boolean().describe('whether the exit code is 0 under the fail-on policy'),
  headline: z.string().describe('one sentence for people'),
  design: z
    .enum(['duet', 'prediction', 'self'])
    .describe(
      'duet: both sides interleaved in one job; prediction: against stored runs; self: no baseline',
    ),
  alpha: z.number().gt(0).lt(1).describe('family-wise error level of regressed, and of improved'),
  familySize: z.int().min(0).describe('how many gated metrics share that level'),
  counts: z
    .strictObject({
      regressed: z.int().min(0),
      improved: z.int().min(0),
      unchanged: z.int().min(0),
      inconclusive: z.int().min(0),
      incomparable: z.int().min(0),
    })
    .describe('gated metrics of each verdict'),
  baseline: z.strictObject({
    spec: z.string(),
    runs: z.array(z.string()).describe('ids of the run records, oldest first; empty without one'),
    skipped: z.array(z.string()).describe('one sentence for each stored run that was passed over'),
  }),
  candidate: z.strictObject({ spec: z.string(), run: z.string() }),
  platform: platformSchema,
  subject: subjectSchema.describe('what is under test on the candidate side'),
  differences: z
    .array(z.strictObject({ field: z.string(), baseline: z.string(), candidate: z.string() }))
    .describe('subject fields that differ between the sides'),
  caveats: z.array(z.string()).describe('what weakens the whole comparison, one sentence each'),
  metrics: z.array(metricReportSchema),
});

export type Report = z.infer<typeof reportSchema>;
export type MetricReport = z.infer<typeof metricReportSchema>;
export type SideReport = z.infer<typeof sideSchema>;
