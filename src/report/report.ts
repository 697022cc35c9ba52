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
    /** ns per operation, at the baseline's control speed */
    estimate: z.number().positive(),
    replicates: z.int().min(1),
  }),
  z.strictObject({
    status: z.enum([...UNAVAILABLE, 'absent']),
    reason: z.string(),
  }),
]);

const changeSchema = z.strictObject({
  /** candidate over baseline: 1.05 is five percent slower */
  ratio: z.number().positive(),
  low: z.number().min(0),
  /** null where the data put no upper bound */
  high: z.number().positive().nullable(),
  confidence: z.number().gt(0).lt(1),
});

export const metricReportSchema = z.strictObject({
  id: z.string(),
  /** the candidate's status */
  status: z.enum(['ok', ...UNAVAILABLE, 'absent']),
  verdict: metricVerdict,
  because: z.string(),
  gate: z.boolean(),
  /** smallest change that matters: 0.02 is two percent */
  margin: z.number().positive(),
  baseline: sideSchema,
  candidate: sideSchema,
  change: changeSchema.nullable(),
  p: z.number().min(0).max(1).nullable(),
  /** smallest true change, as a ratio (0.03 is three percent), caught four times in five */
  mde80: z.number().positive().nullable(),
  floor: changeSchema.extend({ pairs: z.int(), rejections: z.int() }).nullable(),
  replicatesToSettle: z.int().positive().nullable(),
});

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  version: z.literal(REPORT_VERSION),
  tool: z.string(),
  verdict: z.enum([...metricVerdict.options, 'no-baseline']),
  /** whether the exit code is 0 under the `fail-on` policy */
  passed: z.boolean(),
  headline: z.string(),
  design: z.enum(['duet', 'prediction', 'self']),
  alpha: z.number(),
  familySize: z.int(),
  counts: z.record(metricVerdict, z.int().min(0)),
  baseline: z.strictObject({ spec: z.string(), runs: z.array(z.string()) }),
  candidate: z.strictObject({ spec: z.string(), run: z.string() }),
  platform: platformSchema,
  subject: subjectSchema,
  /** subject fields that differ between the sides */
  differences: z.array(
    z.strictObject({ field: z.string(), baseline: z.string(), candidate: z.string() }),
  ),
  caveats: z.array(z.string()),
  metrics: z.array(metricReportSchema),
});

export type Report = z.infer<typeof reportSchema>;
export type MetricReport = z.infer<typeof metricReportSchema>;
