import { z } from 'zod';
import { DESIGNS } from './design.js';
import { EXHIBIT_FILE_NAME, ROLES } from './exhibit.js';
import { EVIDENCE } from './file.js';
import { callSchema, changeSchema, findingSchema } from './finding.js';
import { platformSchema, subjectSchema, tailsSchema } from './run.js';
import { parseStrictly, type StrictParse } from './strict.js';
import { GATE_VERDICTS, type Verdict } from './verdict.js';

/** The report for scripts: `--json`, the action's `report` output. `schema/report-v2.json`. */
export const REPORT_SCHEMA = 'syscall-gate/report';
export const REPORT_VERSION = '2.1';

/** Far larger than any report, and small enough to read into memory. */
export const MAX_REPORT_BYTES = 16 * 1024 * 1024;

/** Enough for both sides of 256 machines; of stored runs at most a hundred are pooled. */
const MAX_RECORDS = 512;

/**
 * What an operation does, according to the catalogue. A change may be proportional to one of these.
 * If two explain a change equally well, the first one counts: TCP bytes come before other bytes, as
 * segments and socket buffers exist only in TCP.
 */
export const QUANTITIES = ['entries', 'switches', 'tcpKilobytes', 'kilobytes'] as const;
export type Quantity = (typeof QUANTITIES)[number];

const machineReportSchema = z.strictObject({
  platform: platformSchema,
  runs: z
    .strictObject({ baseline: z.string(), candidate: z.string() })
    .describe('ids of the run records of both sides on this machine'),
  pairs: z
    .int()
    .min(0)
    .describe('largest number of pairs of launches that a metric has on this machine'),
  changes: z
    .array(changeSchema.extend({ id: z.string(), pairs: z.int().min(1) }))
    .describe('changes by the pairs of this machine alone'),
});

const strategySchema = z.strictObject({
  id: z.string(),
  label: z.string(),
  ns: z.number().positive(),
  entries: z
    .int()
    .min(0)
    .nullable()
    .describe('kernel entries of one transfer, including those that drain the socket'),
  segments: z.number().min(0).nullable().describe('TCP data segments of one transfer'),
});

const transferSchema = z.strictObject({
  size: z.string().describe('size of the file: 4k, 64k'),
  strategies: z.array(strategySchema).min(1).describe('the fastest first'),
  oneCall: z
    .strictObject({ savedNs: z.number().min(0), share: z.number().min(0) })
    .nullable()
    .describe('what a single call for header and file would save over TCP_CORK on this machine'),
});

export const crossingSchema = z.strictObject({
  callNs: z.number().positive().describe('ns of the null call'),
  hopNs: z.number().positive().describe('ns of two system calls and one context switch'),
  switchesPerSecond: z.number().positive().describe('1e9 / hopNs, on one CPU'),
  withoutSwitchNs: z
    .number()
    .positive()
    .nullable()
    .describe('ns of the same two calls without the switch'),
  hostSwitchesPerSecond: z
    .number()
    .positive()
    .nullable()
    .describe('switches of the whole machine, from /proc/stat'),
  vmstat: z.record(z.string(), z.number()).nullable().describe("vmstat's columns during the run"),
  transfers: z.array(transferSchema),
});

const tailsReportSchema = z.strictObject({
  timer: z.string().describe('the clock of single operations and its cost, or why there is none'),
  counters: z.string().describe('ok if there are hardware counters, else why there are none'),
  metrics: tailsSchema.shape.metrics,
});

const spreadSchema = z.strictObject({
  median: z.number().min(0),
  worst: z.number().min(0),
  worstId: z.string(),
});

const familyCertificateSchema = z.strictObject({
  family: z.string().describe('the first part of the ids: syscall, context, sendfile, …'),
  gated: z.int().min(1).describe('gated metrics with a number for the candidate'),
  margin: z
    .strictObject({ low: z.number().positive(), high: z.number().positive() })
    .nullable()
    .describe('the smallest and the largest margin in force; null if all are exact counts'),
  floor: spreadSchema
    .extend({
      rejections: z
        .int()
        .min(0)
        .describe(
          'one-sided tests at the margin between identical sides that rejected; should be 0',
        ),
      tests: z.int().min(0).describe('number of such tests, two per metric'),
    })
    .nullable()
    .describe('noise floor: differences between identical sides of this run, as unsigned shares'),
  mde80: spreadSchema
    .nullable()
    .describe('smallest true changes that are caught four times in five (MDE80), as shares'),
  blind: z
    .int()
    .min(0)
    .describe('metrics without an mde80: no change of them, however large, could be called'),
});

export const certificateSchema = z.strictObject({
  alpha: z
    .number()
    .gt(0)
    .lt(1)
    .describe('family-wise false-alarm rate of regressed, and of improved'),
  holds: z.string().describe('what that rate means and when it holds, one sentence'),
  families: z.array(familyCertificateSchema),
  resolution: spreadSchema
    .nullable()
    .describe(
      'counted instructions: differences between boots of the same side, as shares of the counts',
    ),
});

const recordSchema = z.strictObject({
  role: z
    .enum(ROLES)
    .describe('before and after: the two arms of a candidate measured against itself'),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  file: z
    .string()
    .regex(new RegExp(EXHIBIT_FILE_NAME.source.replace('^', `^${EVIDENCE}/`)))
    .describe('path relative to the report'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('hash of the file'),
});

const differenceSchema = z.strictObject({
  field: z.string(),
  baseline: z.string(),
  candidate: z.string(),
});

const configurationSchema = z.strictObject({
  differing: z.int().min(1).describe('how many options differ'),
  options: z
    .array(
      z.strictObject({
        name: z.string().describe('without CONFIG_'),
        baseline: z.string().nullable().describe('null if the option is not set'),
        candidate: z.string().nullable(),
        near: z
          .boolean()
          .describe('whether its name contains the subsystem of a function that changed'),
      }),
    )
    .max(500)
    .describe('those near a changed function first, then by name'),
});

const factsSchema = z
  .record(z.string(), z.string())
  .describe("facts from a target's own tools: the image's digest, the engine, the emulator");

const diagnosisSchema = z.strictObject({
  terms: z
    .array(
      z.strictObject({
        quantity: z
          .enum(QUANTITIES)
          .describe(
            'what an operation makes: kernel entries, context switches, kilobytes over TCP, kilobytes moved',
          ),
        ns: z.number().describe('added ns for each of them'),
        low: z.number(),
        high: z.number().describe('low to high is the 95 % interval'),
      }),
    )
    .min(1)
    .max(2),
  share: z
    .number()
    .max(1)
    .describe("the part of the explained metrics' changes that the terms explain"),
  explained: z
    .array(z.string())
    .min(1)
    .describe('ids of the metrics whose change is mostly explained'),
  called: z.int().min(1).describe('how many metrics were called regressed or improved'),
  carriers: z
    .array(differenceSchema)
    .describe('differences between the sides that could be the cause, the likeliest first'),
});

const count = z.int().min(0);
const countsSchema = z
  .strictObject({
    blocked: count,
    regressed: count,
    improved: count,
    inconclusive: count,
    incomparable: count,
    unchanged: count,
  } satisfies Record<Verdict, z.ZodType>)
  .describe('gated findings by verdict, over all measures');

const alarmSchema = z.strictObject({
  verdict: z.enum(['blocked', 'regressed']),
  title: z.string().describe('the cause in a few words'),
  text: z.string().describe('one or two sentences for people'),
  metrics: z.array(z.string()).min(1).describe('ids of the gated metrics that the cause shows in'),
});

const causeSchema = z.strictObject({
  functions: z
    .array(
      z.strictObject({
        ...callSchema.omit({ difference: true }).shape,
        caller: z
          .string()
          .nullable()
          .describe('the calling function, if it is always the same one'),
        from: z
          .number()
          .describe('instructions per operation, in the metric where it changed the least'),
        to: z
          .number()
          .describe('instructions per operation, in the metric where it changed the most'),
        step: z
          .number()
          .nullable()
          .describe('the change per call, if all changes are multiples of one number'),
      }),
    )
    .min(1)
    .describe('the function with the largest change first'),
  metrics: z
    .array(z.string())
    .min(1)
    .describe('ids of the metrics that these functions changed in'),
  share: z
    .number()
    .min(0)
    .max(1)
    .describe('part of the whole change, with each metric on its own scale'),
});

/** Two very different kernels differ in hundreds of functions. */
export const MAX_CAUSES = 200;

const countedSchema = z.strictObject({
  conditions: z
    .record(z.string(), z.string())
    .describe('the conditions that the counts depend on, by name'),
  causes: z
    .array(causeSchema)
    .max(MAX_CAUSES)
    .describe('which functions changed over all metrics, the cause with the largest share first'),
});

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  version: z.literal(REPORT_VERSION),
  tool: z.string().describe('version of the tool that measured the candidate'),
  verdict: z.enum(GATE_VERDICTS),
  passed: z.boolean().describe('whether the exit code is 0 under the fail-on policy'),
  headline: z.string().describe('one sentence for people'),
  design: z
    .enum(DESIGNS)
    .describe(
      'paired: both sides measured in turn in one job; stored: against stored runs; shards: a paired comparison on each of several machines; self: no baseline',
    ),
  alpha: z
    .number()
    .gt(0)
    .lt(1)
    .describe('family-wise false-alarm rate of regressed, and of improved'),
  margins: z
    .array(z.strictObject({ glob: z.string().min(1), ratio: z.number().gt(0).max(10) }))
    .describe(
      "the user's rules; the last one that matches a metric counts, else the design's margin",
    ),
  failOn: z.enum(['regression', 'inconclusive', 'never']),
  familySize: z.int().min(0).describe('how many gated metrics share alpha'),
  counts: countsSchema,
  baseline: z.strictObject({
    spec: z.string(),
    runs: z
      .array(z.string())
      .describe('ids of the run records, oldest first; empty if there is no baseline'),
    skipped: z
      .array(z.string())
      .describe('one sentence for each stored run that could not be used'),
    census: z
      .strictObject({
        found: count.describe('records that were read or passed over'),
        comparable: count.describe("of the candidate's machine, or of one like it"),
        used: count.describe('with enough launches that met a quiet core'),
      })
      .optional()
      .describe('what became of the stored runs; absent in other designs'),
    choice: z
      .string()
      .optional()
      .describe('why the baseline is this one; absent if the user chose it'),
    facts: factsSchema,
  }),
  candidate: z.strictObject({
    spec: z.string(),
    run: z.string(),
    metricGlobs: z
      .array(z.string())
      .optional()
      .describe('the globs that chose the metrics; absent if all were measured'),
    facts: factsSchema,
  }),
  records: z
    .array(recordSchema)
    .min(1)
    .max(MAX_RECORDS)
    .describe('the runs that the verdict rests on, oldest first within a role'),
  platform: platformSchema.describe("the candidate's machine; with shards, the last machine"),
  subject: subjectSchema.describe('what is under test on the candidate side'),
  machines: z
    .array(machineReportSchema)
    .describe('the machines of a comparison of shards; else empty'),
  disagreements: z
    .array(z.string())
    .describe('ids of the metrics that the machines disagree about'),
  differences: z
    .array(differenceSchema)
    .describe('what differs between the sides, likely causes of the called changes first'),
  unreadable: z
    .strictObject({ baseline: z.array(z.string()), candidate: z.array(z.string()) })
    .describe('settings that could not be read on this side, and so are not compared'),
  unrecorded: z
    .strictObject({ baseline: z.array(z.string()), candidate: z.array(z.string()) })
    .optional()
    .describe(
      "settings that this side's version of syscall-gate did not record yet; absent if both recorded all",
    ),
  configuration: configurationSchema
    .nullable()
    .describe('build options in which the kernels differ; null if they are the same or not known'),
  diagnosis: diagnosisSchema
    .nullable()
    .describe('one cause that explains most of the changes; null if nothing simple does'),
  caveats: z.array(z.string()).describe('what weakens the whole comparison, one sentence each'),
  alarms: z
    .array(alarmSchema)
    .describe('what turns the gate red, one entry for each cause, the worst first'),
  findings: z
    .array(findingSchema)
    .describe('one entry for each metric and measure: time, events, instructions'),
  counted: countedSchema
    .nullable()
    .describe(
      'how instructions were counted and which functions changed; null if a side has no counts',
    ),
  certificate: certificateSchema.describe('how far to trust this run, from its own data'),
  crossing: crossingSchema
    .nullable()
    .describe('what entering the kernel costs, and sending header + file by every strategy'),
  tails: tailsReportSchema
    .nullable()
    .describe(
      "times of single operations of the candidate, including the timer's cost; never judged",
    ),
});

export type Report = z.infer<typeof reportSchema>;
export type ConfigurationReport = z.infer<typeof configurationSchema>;
export type DiagnosisReport = z.infer<typeof diagnosisSchema>;
export type MachineReport = z.infer<typeof machineReportSchema>;
export type CountedReport = z.infer<typeof countedSchema>;
export type CauseReport = z.infer<typeof causeSchema>;
export type Alarm = z.infer<typeof alarmSchema>;
export type Certificate = z.infer<typeof certificateSchema>;
export type FamilyCertificate = z.infer<typeof familyCertificateSchema>;
export type CrossingReport = z.infer<typeof crossingSchema>;
/** Only the crossing, and where it was measured. */
export type CrossingRun = Pick<Report, 'platform' | 'subject'> & { crossing: CrossingReport };
export type TransferReport = z.infer<typeof transferSchema>;
export type TailsReport = z.infer<typeof tailsReportSchema>;
export type RecordReference = z.infer<typeof recordSchema>;

/**
 * Reads a report strictly.
 *
 * @param json the file's text
 * @returns the report, or one clause: what is wrong with the text, and where
 */
export const parseReport = (json: string): StrictParse<Report> =>
  parseStrictly(json, {
    ...{ schema: reportSchema, name: REPORT_SCHEMA, version: REPORT_VERSION },
    ...{ maxBytes: MAX_REPORT_BYTES, noun: 'report' },
  });
