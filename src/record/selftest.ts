import { z } from 'zod';
import { INJECTIONS } from './injection.js';
import { certificateSchema, reportSchema } from './report.js';

/** What `selftest --json` prints. `schema/selftest-v1.json`. */
export const SELFTEST_SCHEMA = 'syscall-gate/selftest';
export const SELFTEST_VERSION = '1.1';

const ids = z.array(z.string());

const injectedSchema = z.strictObject({
  injection: z.enum(INJECTIONS).describe("the probe's option --inject"),
  status: z.literal('ok'),
  addedNs: z.number().describe('ns added to a null call, and so to every kernel entry'),
  share: z.number().describe('the same as a share of a null call: 0.31 is 31 percent'),
  slowed: ids.describe('gated metrics that the injection slows by more than their margin'),
  promised: ids.describe(
    'those of them that it slows by more than their MDE80 in the self comparison',
  ),
  caught: ids.describe('gated metrics that were called regressed'),
  first: z
    .strictObject({
      metric: z.string(),
      screenMs: z.number().min(0).describe('measuring time in ms until the screen flagged it'),
      confirmMs: z
        .number()
        .min(0)
        .describe('measuring time in ms from there until fresh launches confirmed it'),
    })
    .nullable()
    .describe('what a gate would have caught first, if it had stopped as early as possible'),
});

const notInjectedSchema = z.strictObject({
  injection: z.enum(INJECTIONS),
  status: z.literal('unavailable'),
  reason: z.string().describe('why this injection is not possible here'),
});

export const selftestSchema = z.strictObject({
  schema: z.literal(SELFTEST_SCHEMA),
  version: z.literal(SELFTEST_VERSION),
  tool: z.string(),
  trusted: z.boolean().describe('whether the exit code is 0'),
  answer: z.string().describe('one sentence for people'),
  gateMs: z.number().positive().describe('measuring time of each gate'),
  alarms: ids.describe('gated metrics that were called changed between identical sides'),
  certificate: certificateSchema.describe('certificate of the self comparison'),
  injections: z.array(z.discriminatedUnion('status', [injectedSchema, notInjectedSchema])),
  scaled: z
    .array(
      z.strictObject({
        family: z.string(),
        gated: z.int().min(1),
        caught: z.array(
          z.strictObject({
            overMargin: z.number().positive().describe('size of the change minus the margin'),
            metrics: z.int().min(0).describe('metrics in which it is caught four times in five'),
          }),
        ),
      }),
    )
    .describe('which hypothetical changes would be caught, by the MDE80'),
  platform: reportSchema.shape.platform,
  subject: reportSchema.shape.subject,
  caveats: reportSchema.shape.caveats,
});

export type Selftest = z.infer<typeof selftestSchema>;
export type InjectionReport = Selftest['injections'][number];
export type Injected = z.infer<typeof injectedSchema>;
export type NotInjected = z.infer<typeof notInjectedSchema>;
export type Scaled = Selftest['scaled'][number];
