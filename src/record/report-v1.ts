import { z } from 'zod';
import { EXHIBIT_FILE_NAME, ROLES } from './exhibit.js';
import { EVIDENCE } from './file.js';
import { MAX_REPORT_BYTES, REPORT_SCHEMA, type Report } from './report.js';
import type { StoredReport } from './stored-report.js';
import { parseStrictly, type StrictParse } from './strict.js';

/**
 * Reads reports of version 1 to judge their records again. That version grew for a while without a
 * new number, so only what judging needs is checked. All else may be there or not.
 */

const fileName = EXHIBIT_FILE_NAME.source.replace('^', `^${EVIDENCE}/`);

const needed = {
  schema: z.literal(REPORT_SCHEMA),
  version: z.literal(1),
  tool: z.string().max(128),
  verdict: z.enum([
    'regressed',
    'improved',
    'inconclusive',
    'incomparable',
    'unchanged',
    'no-baseline',
  ]),
  design: z.enum(['duet', 'prediction', 'shards', 'self']),
  alpha: z.number().gt(0).lt(1),
  margins: z.array(z.strictObject({ glob: z.string().min(1), ratio: z.number().gt(0).max(10) })),
  failOn: z.enum(['regression', 'inconclusive', 'never']),
  baseline: z.looseObject({ spec: z.string(), skipped: z.array(z.string()) }),
  candidate: z.looseObject({ spec: z.string() }),
  records: z
    .array(
      z.strictObject({
        role: z.enum(ROLES),
        id: z.string().regex(/^[0-9a-f]{16}$/),
        file: z.string().regex(new RegExp(fileName)),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(512),
};

const any = z.unknown().optional();

const schema = z.strictObject({
  ...needed,
  ...{ passed: any, headline: any, familySize: any, counts: any, platform: any, subject: any },
  ...{ machines: any, disagreements: any, differences: any, configuration: any, diagnosis: any },
  ...{ caveats: any, metrics: any, counted: any, certificate: any, crossing: any, tails: any },
});

/** The fields that every report of this version has. */
const first = z.looseObject({ schema: needed.schema, version: needed.version });

const CONTRACT = {
  ...{ schema, name: REPORT_SCHEMA, version: 1 },
  ...{ maxBytes: MAX_REPORT_BYTES, noun: 'report' },
};

/** `remedy` says what to do instead, as a clause, if the report can never be judged again. */
export type ReportV1Parse = StrictParse<StoredReport> & { remedy?: string };

/** @returns what judging needs of the report, or one clause that says why it cannot be judged */
export function parseReportV1(json: string): ReportV1Parse {
  const parse = parseStrictly(json, CONTRACT);
  if (parse.ok) return { ok: true, value: storedFrom(parse.value) };
  return keptNoRecords(json) ? NO_RECORDS : parse;
}

const NO_RECORDS: ReportV1Parse = {
  ok: false,
  reason:
    'it is of version 1.0 as the first builds wrote it, which did not keep the records that a report rests on',
  remedy:
    'if you still have the run records (*.run.json) of both sides, give them to "syscall-gate compare"; else measure again',
};

function keptNoRecords(json: string): boolean {
  const parse = parseStrictly(json, { ...CONTRACT, schema: first });
  return parse.ok && !('records' in parse.value);
}

function storedFrom(report: z.infer<typeof schema>): StoredReport {
  const { tool, verdict, design, alpha, margins, failOn, baseline, candidate, records } = report;
  return {
    ...{ version: '1.0', tool, verdict, design: designOf(design), alpha, margins, failOn },
    specs: { baseline: baseline.spec, candidate: candidate.spec },
    ...{ skipped: baseline.skipped, records },
  };
}

/** The only place that knows what version 1 called today's designs. */
function designOf(name: z.infer<typeof schema>['design']): Report['design'] {
  const today: Record<typeof name, Report['design']> = {
    ...{ duet: 'paired', prediction: 'stored', shards: 'shards', self: 'self' },
  };
  return today[name];
}
