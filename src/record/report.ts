import { z } from 'zod';
import { EXHIBIT_FILE_NAME, ROLES } from './exhibit.js';
import { EVIDENCE } from './file.js';
import { callSchema, changeSchema, findingSchema } from './finding.js';
import { platformSchema, subjectSchema, tailsSchema } from './run.js';
import { parseStrictly, type StrictParse } from './strict.js';
import { GATE_VERDICTS, type Verdict } from './verdict.js';

/** The report for scripts: `--json`, the action's `report` output. `schema/report-v2.json`. */
export const REPORT_SCHEMA = 'syscall-gate/report';
export const REPORT_VERSION = 2;

/** Far above any report, and little enough to be read whole. */
export const MAX_REPORT_BYTES = 16 * 1024 * 1024;

/** A hundred stored runs are pooled at most. */
const MAX_RECORDS = 512;

/**
 * What an operation does to the kernel, by the catalogue: what a change can be in proportion to.
 * Of two that explain as much the first counts: segments and socket buffers are a matter of TCP.
 */
export const QUANTITIES = ['entries', 'switches', 'tcpKilobytes', 'kilobytes'] as const;
export type Quantity = (typeof QUANTITIES)[number];

export const machineReportSchema = z.strictObject({
  platform: platformSchema,
  runs: z
    .strictObject({ baseline: z.string(), candidate: z.string() })
    .describe('ids of the run records of both sides there'),
  pairs: z.int().min(0).describe('most pairs of launches that a metric has there'),
  changes: z
    .array(changeSchema.extend({ id: z.string(), pairs: z.int().min(1) }))
    .describe('by the pairs of this machine alone'),
});

const strategySchema = z.strictObject({
  id: z.string(),
  label: z.string(),
  ns: z.number().positive(),
  entries: z.int().min(0).nullable().describe('kernel entries of one transfer, the drain included'),
  segments: z.number().min(0).nullable().describe('TCP data segments of one transfer'),
});

const transferSchema = z.strictObject({
  size: z.string().describe('of the file: 4k, 64k'),
  strategies: z.array(strategySchema).min(1).describe('the quickest first'),
  oneCall: z
    .strictObject({ savedNs: z.number().min(0), share: z.number().min(0) })
    .nullable()
    .describe('what one call for header and file could save over TCP_CORK, at the call cost here'),
});

export const crossingSchema = z.strictObject({
  callNs: z.number().positive().describe('the null call'),
  hopNs: z.number().positive().describe('two system calls and one switch'),
  switchesPerSecond: z.number().positive().describe('1e9 / hopNs, on one CPU'),
  withoutSwitchNs: z.number().positive().nullable().describe('the same calls without the switch'),
  hostSwitchesPerSecond: z.number().positive().nullable().describe('of the machine, /proc/stat'),
  vmstat: z.record(z.string(), z.number()).nullable().describe("vmstat's columns during the run"),
  transfers: z.array(transferSchema),
});

const tailsReportSchema = z.strictObject({
  timer: z.string().describe('what single operations were timed with and its cost, or why not'),
  counters: z.string().describe('whether there are hardware counters, or why not'),
  metrics: tailsSchema.shape.metrics,
});

const spreadSchema = z.strictObject({
  median: z.number().min(0),
  worst: z.number().min(0),
  worstId: z.string(),
});

const familyCertificateSchema = z.strictObject({
  family: z.string().describe('what the ids begin with: syscall, context, sendfile, …'),
  gated: z.int().min(1).describe('gated metrics that the candidate has a number for'),
  margin: z
    .strictObject({ low: z.number().positive(), high: z.number().positive() })
    .nullable()
    .describe('the smallest and the largest in force; null where events are counted exactly'),
  floor: spreadSchema
    .extend({
      rejections: z.int().min(0).describe('one-sided tests of identical sides that rejected'),
      tests: z.int().min(0).describe('… out of how many, two a metric'),
    })
    .nullable()
    .describe('differences between identical sides of this run, whichever way, as shares'),
  mde80: spreadSchema
    .nullable()
    .describe('smallest true changes that are caught four times in five, as shares'),
  blind: z
    .int()
    .min(0)
    .describe('metrics without an mde80: no change of theirs, however large, could be called'),
});

export const certificateSchema = z.strictObject({
  alpha: z.number().gt(0).lt(1).describe('family-wise error level of regressed, and of improved'),
  holds: z.string().describe('what that level holds for, one sentence'),
  families: z.array(familyCertificateSchema),
  resolution: spreadSchema
    .nullable()
    .describe('of counted instructions: what boots of one side differ by, as shares of the counts'),
});

const recordSchema = z.strictObject({
  role: z
    .enum(ROLES)
    .describe('before and after: the two arms of a candidate that was measured against itself'),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  file: z
    .string()
    .regex(new RegExp(EXHIBIT_FILE_NAME.source.replace('^', `^${EVIDENCE}/`)))
    .describe('beside the report'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("of the file's bytes"),
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
        baseline: z.string().nullable().describe('null where it is not set'),
        candidate: z.string().nullable(),
        near: z.boolean().describe('whether it names the subsystem of a function that changed'),
      }),
    )
    .max(500)
    .describe('the nearest first, then by name'),
});

const factsSchema = z
  .record(z.string(), z.string())
  .describe("what a target's own tools say of it: the image's digest, the engine, the emulator");

const diagnosisSchema = z.strictObject({
  terms: z
    .array(
      z.strictObject({
        quantity: z
          .enum(QUANTITIES)
          .describe(
            'of an operation: kernel entries, context switches, kilobytes moved, those over TCP',
          ),
        ns: z.number().describe('more, for each of it'),
        low: z.number(),
        high: z.number().describe('low to high: 95 % interval'),
      }),
    )
    .min(1)
    .max(2),
  share: z.number().max(1).describe('of the changes of those metrics: what the terms explain'),
  explained: z
    .array(z.string())
    .min(1)
    .describe('ids of the metrics whose change it explains for the most part'),
  called: z.int().min(1).describe('how many metrics were called'),
  carriers: z
    .array(differenceSchema)
    .describe('differences of the sides that could carry it, the likeliest first'),
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
  .describe('gated metrics of each verdict, by whatever they were measured');

const alarmSchema = z.strictObject({
  verdict: z.enum(['blocked', 'regressed']),
  title: z.string().describe('the cause in a few words'),
  text: z.string().describe('one or two sentences for people'),
  metrics: z.array(z.string()).min(1).describe('ids of the gated metrics that show it'),
});

const causeSchema = z.strictObject({
  functions: z
    .array(
      z.strictObject({
        ...callSchema.omit({ difference: true }).shape,
        caller: z.string().nullable().describe('who calls it, where that is one function'),
        from: z.number().describe('instructions an operation, where it changed the least'),
        to: z.number().describe('… and the most'),
        step: z.number().nullable().describe('what all of them are multiples of'),
      }),
    )
    .min(1)
    .describe('the largest first'),
  metrics: z.array(z.string()).min(1).describe('ids of those that they changed in'),
  share: z.number().min(0).max(1).describe('of all that changed, each metric on its own scale'),
});

/** A kernel of another kind differs in hundreds of functions. */
export const MAX_CAUSES = 200;

const countedSchema = z.strictObject({
  conditions: z.record(z.string(), z.string()).describe('what the counts depend on, by name'),
  causes: z
    .array(causeSchema)
    .max(MAX_CAUSES)
    .describe('what changed by function over all metrics, the causes of the most first'),
});

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  version: z.literal(REPORT_VERSION),
  tool: z.string().describe('version that measured the candidate'),
  verdict: z.enum(GATE_VERDICTS),
  passed: z.boolean().describe('whether the exit code is 0 under the fail-on policy'),
  headline: z.string().describe('one sentence for people'),
  design: z
    .enum(['duet', 'prediction', 'shards', 'self'])
    .describe(
      'duet: both sides interleaved in one job; prediction: against stored runs; shards: a duet on each of several machines; self: no baseline',
    ),
  alpha: z.number().gt(0).lt(1).describe('family-wise error level of regressed, and of improved'),
  margins: z
    .array(z.strictObject({ glob: z.string().min(1), ratio: z.number().gt(0).max(10) }))
    .describe("rules that were given, the last that matches counts; else the design's own margin"),
  failOn: z.enum(['regression', 'inconclusive', 'never']),
  familySize: z.int().min(0).describe('how many gated metrics share that level'),
  counts: countsSchema,
  baseline: z.strictObject({
    spec: z.string(),
    runs: z.array(z.string()).describe('ids of the run records, oldest first; empty without one'),
    skipped: z.array(z.string()).describe('one sentence for each stored run that was passed over'),
    facts: factsSchema,
  }),
  candidate: z.strictObject({ spec: z.string(), run: z.string(), facts: factsSchema }),
  records: z
    .array(recordSchema)
    .min(1)
    .max(MAX_RECORDS)
    .describe('the runs that the verdict rests on, oldest first within a role'),
  platform: platformSchema.describe("the candidate's; with shards, the last machine's"),
  subject: subjectSchema.describe('what is under test on the candidate side'),
  machines: z.array(machineReportSchema).describe('of a comparison of shards; else empty'),
  disagreements: z
    .array(z.string())
    .describe('ids of the metrics for which no one number holds for all machines'),
  differences: z
    .array(differenceSchema)
    .describe('what differs between the sides, first what can carry the changes that were called'),
  unreadable: z
    .strictObject({ baseline: z.array(z.string()), candidate: z.array(z.string()) })
    .describe('settings that could be read on the other side only, and so are not compared'),
  configuration: configurationSchema
    .nullable()
    .describe(
      'options that the kernels of both sides were built with; null where they are the same, or not known',
    ),
  diagnosis: diagnosisSchema
    .nullable()
    .describe('one cause that explains most of the changes; null where nothing simple does'),
  caveats: z.array(z.string()).describe('what weakens the whole comparison, one sentence each'),
  alarms: z
    .array(alarmSchema)
    .describe('what turns the gate red, one entry a cause, the worst first'),
  findings: z
    .array(findingSchema)
    .describe('one entry for each metric and what was measured of it: time, events, instructions'),
  counted: countedSchema
    .nullable()
    .describe('how instructions were counted, and which functions changed, where both sides were'),
  certificate: certificateSchema.describe('how far this very run is to be trusted, from its data'),
  crossing: crossingSchema
    .nullable()
    .describe('what crossing into the kernel costs, and header + file by every strategy'),
  tails: tailsReportSchema
    .nullable()
    .describe("single operations of the candidate, the timer's cost included; off the gate"),
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
/** The two blocks by themselves, and where they were measured. */
export type CrossingRun = Pick<Report, 'platform' | 'subject'> & { crossing: CrossingReport };
export type TransferReport = z.infer<typeof transferSchema>;
export type TailsReport = z.infer<typeof tailsReportSchema>;
export type RecordReference = z.infer<typeof recordSchema>;

/**
 * Reads a report strictly.
 *
 * @param json the file's text
 * @returns the report, or one clause that says what is wrong with the text and where
 */
export const parseReport = (json: string): StrictParse<Report> =>
  parseStrictly(json, {
    ...{ schema: reportSchema, name: REPORT_SCHEMA, version: REPORT_VERSION },
    ...{ maxBytes: MAX_REPORT_BYTES, noun: 'report' },
  });
