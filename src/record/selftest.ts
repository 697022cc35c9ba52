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
  addedNs: z.number().describe('to a null call, that is to every kernel entry'),
  share: z.number().describe('the same, of a null call: 0.31 is 31 percent'),
  slowed: ids.describe('gated metrics that so much an entry slows by more than their margin'),
  promised: ids.describe('… and by more than the MDE80 of the machine against itself'),
  caught: ids.describe('gated metrics called regressed'),
  first: z
    .strictObject({
      metric: z.string(),
      screenMs: z.number().min(0).describe('measuring time until it was flagged'),
      confirmMs: z.number().min(0).describe('… and from there until fresh launches confirmed it'),
    })
    .nullable()
    .describe('what a gate that had not gone on would have caught first'),
});

const notInjectedSchema = z.strictObject({
  injection: z.enum(INJECTIONS),
  status: z.literal('unavailable'),
  reason: z.string().describe('why the probe cannot be slowed this way here'),
});

export const selftestSchema = z.strictObject({
  schema: z.literal(SELFTEST_SCHEMA),
  version: z.literal(SELFTEST_VERSION),
  tool: z.string(),
  trusted: z.boolean().describe('whether the exit code is 0'),
  answer: z.string().describe('one sentence for people'),
  gateMs: z.number().positive().describe('time that each of the gates here had'),
  alarms: ids.describe('gated metrics that the machine against itself called changed'),
  certificate: certificateSchema.describe('of the machine against itself'),
  injections: z.array(z.discriminatedUnion('status', [injectedSchema, notInjectedSchema])),
  scaled: z
    .array(
      z.strictObject({
        family: z.string(),
        gated: z.int().min(1),
        caught: z.array(
          z.strictObject({
            overMargin: z.number().positive().describe('size of the change less the margin'),
            metrics: z.int().min(0).describe('of which it is caught four times in five'),
          }),
        ),
      }),
    )
    .describe('what would be caught of changes that were not injected, by the MDE80'),
  platform: reportSchema.shape.platform,
  subject: reportSchema.shape.subject,
  caveats: reportSchema.shape.caveats,
});

export type Selftest = z.infer<typeof selftestSchema>;
export type InjectionReport = Selftest['injections'][number];
export type Injected = z.infer<typeof injectedSchema>;
export type NotInjected = z.infer<typeof notInjectedSchema>;
export type Scaled = Selftest['scaled'][number];
