import { z } from 'zod';
import { type Reason, UNAVAILABLE } from '../record/metric-status.js';
import { platformSchema, runSchema, subjectSchema } from '../record/run.js';

/** The major version of the wire format that this program speaks. */
export const WIRE_VERSION = 1;

/** A plan of 1000 rounds of the whole catalogue stays below; an endless printer does not. */
const MAX_LINES = 600_000;
/** Banners and whatever else a command prints around the results. */
const MAX_NOISE_LINES = 1_000;
/** 10,000 batches of three 15-digit numbers, with room to spare. */
const MAX_LINE_BYTES = 1024 * 1024;
const MAX_BATCHES = 10_000;
const NEWLINE = 0x0a;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const positive = z.number().gt(0).max(1e15);
const batches = <T extends z.ZodType>(value: T) => z.array(value).min(1).max(MAX_BATCHES);
/** What a target says may end up in a log whose lines are commands. */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');

const bounded = (length: number) =>
  z.string().transform((value) => oneLine(value).slice(0, length));

// Stripped, not strict: a newer probe may say more than this program reads.
const environmentSchema = z.object({
  platform: z.object(platformSchema.shape),
  subject: z.object(subjectSchema.shape),
});

const helloLine = z
  .object({
    wire: z.literal(WIRE_VERSION),
    catalogue: runSchema.shape.catalogue,
    clock: z.object({ name: z.string().max(128), cost_ns: z.number().min(0), vdso: z.boolean() }),
    cpu: z.int(),
    pinned: z.boolean(),
    pid: count,
    environment: environmentSchema.optional(),
  })
  .transform(({ catalogue, clock, cpu, pinned, pid, environment }) => ({
    catalogue,
    clock: { name: clock.name, costNs: clock.cost_ns, vdso: clock.vdso },
    cpu,
    pinned,
    pid,
    ...(environment === undefined ? {} : { environment }),
  }));

const metricFields = {
  id: z.string().min(1).max(64),
  version: z.int().min(1),
  round: z.int().min(0),
};

const measuredLine = z
  .object({
    ...metricFields,
    status: z.literal('ok'),
    operations: positive,
    wall_ns: batches(positive),
    cpu_ns: batches(z.number().min(0).max(1e15)),
    control_ns: batches(positive),
    control_operations: positive,
  })
  .refine((line) => line.cpu_ns.length === line.wall_ns.length, {
    error: 'not as long as wall_ns',
    path: ['cpu_ns'],
  })
  .refine((line) => line.control_ns.length === line.wall_ns.length, {
    error: 'not as long as wall_ns',
    path: ['control_ns'],
  })
  .transform(({ id, version, round, status, ...line }) => ({
    ...{ id, version, round, status },
    batches: {
      operations: line.operations,
      wallNs: line.wall_ns,
      cpuNs: line.cpu_ns,
      controlNs: line.control_ns,
      controlOperations: line.control_operations,
    },
  }));

const unavailableLine = z
  .object({
    ...metricFields,
    status: z.enum(UNAVAILABLE),
    operation: bounded(200),
    errno: z.int().min(0).max(4095),
    message: bounded(300),
  })
  .transform(({ id, version, round, status, ...reason }) => ({
    ...{ id, version, round, status },
    reason: reason satisfies Reason,
  }));

/** Who measured: one probe process, its clock (`costNs`: one reading) and what it sees around it. */
export type Hello = z.infer<typeof helloLine>;
export type Environment = z.infer<typeof environmentSchema>;
/** One metric in one round: its batches, or why it has none. */
export type WireMetric = z.infer<typeof measuredLine> | z.infer<typeof unavailableLine>;
/**
 * The batches of a round. Entry i of each array is batch i: `wallNs` its wall time for `operations`
 * operations, `cpuNs` the CPU time of all its participants, `controlNs` the wall time of the control
 * batch right after it, of `controlOperations` operations.
 */
export type WireBatches = z.infer<typeof measuredLine>['batches'];

export interface WireOutput {
  hello?: Hello;
  metrics: WireMetric[];
  /** Whether the probe came to its end; if not, `metrics` is what it wrote until then. */
  complete: boolean;
  /** One clause that says why the output cannot be used (in full), when it cannot. */
  problem?: string;
}

/** What one launch of the probe is asked to do; the units are those of the probe's arguments. */
export interface ProbePlan {
  metrics: readonly string[];
  rounds: number;
  batches: number;
  batchUs: number;
  seed: number;
  cpu: number;
  deadlineMs: number;
  /** Whether `hello` should describe the machine and the subject. */
  environment: boolean;
  /** Descriptor of the shared mapping for the results; standard output without it. */
  resultsFd?: number;
}

/** The probe's command line for a plan, without the program itself; safe in any shell. */
export function planArguments(plan: ProbePlan): string[] {
  return [
    `--metrics=${plan.metrics.join(',')}`,
    `--rounds=${plan.rounds}`,
    `--batches=${plan.batches}`,
    `--batch-us=${plan.batchUs}`,
    `--seed=${plan.seed}`,
    `--cpu=${plan.cpu}`,
    `--deadline-ms=${plan.deadlineMs}`,
    ...(plan.environment ? ['--environment'] : []),
    ...(plan.resultsFd === undefined ? [] : [`--results-fd=${plan.resultsFd}`]),
  ];
}

/**
 * Reads what a probe process wrote. Unknown fields and line types are ignored, as are lines that are
 * not JSON (a login banner, the output of a wrapping command) up to a bound; a last line that was cut
 * is dropped. Never throws: what is wrong is in `problem`.
 *
 * @param bytes the results of a launch; read a line at a time, never as one string
 */
export function parseWire(bytes: Buffer): WireOutput {
  const output: WireOutput = { metrics: [], complete: false };
  let noise = 0;
  let lines = 0;
  for (const line of linesOf(bytes)) {
    lines += 1;
    const taken = line.bytes > MAX_LINE_BYTES ? 'noise' : takeLine(line, output);
    if (taken === 'noise') noise += 1;
    else if (taken !== undefined) output.problem = taken;
    if (lines > MAX_LINES) output.problem = `it has more than ${MAX_LINES} lines`;
    if (noise > MAX_NOISE_LINES) {
      output.problem = `it has more than ${MAX_NOISE_LINES} lines that are not results`;
    }
    if (output.problem !== undefined) return { ...output, complete: false };
  }
  if (output.hello === undefined) output.problem = 'it has no result lines';
  return output;
}

interface Line {
  text: string;
  bytes: number;
  /** Ended by a newline; the last line of a killed process is not. */
  whole: boolean;
}

function* linesOf(bytes: Buffer): Generator<Line> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end > start) {
      const shown = Math.min(end, start + MAX_LINE_BYTES);
      yield { text: bytes.toString('utf8', start, shown), bytes: end - start, whole: newline >= 0 };
    }
    start = end + 1;
  }
}

/** Adds a line to the output; says 'noise' or a problem when it cannot. */
function takeLine(line: Line, output: WireOutput): string | undefined {
  const value = readJson(line.text);
  if (value === undefined) {
    const damaged = line.whole && line.text.startsWith('{"type":');
    return damaged ? 'a result line is damaged, as if something else printed into it' : 'noise';
  }
  if (output.complete && value.type !== 'hello') return 'noise';
  switch (value.type) {
    case 'hello':
      return takeHello(value, output);
    case 'metric':
      return takeMetric(value, output);
    case 'end':
      output.complete = output.hello !== undefined;
      return undefined;
    default:
      return undefined;
  }
}

function takeHello(value: AnyLine, output: WireOutput): string | undefined {
  if (output.hello !== undefined) return 'the probe ran more than once in one launch';
  if (value.wire !== WIRE_VERSION) {
    return `it has wire version ${String(value.wire)} and this syscall-gate reads version ${WIRE_VERSION}`;
  }
  const hello = helloLine.safeParse(value);
  if (!hello.success) return `hello: ${firstIssue(hello.error)}`;
  output.hello = hello.data;
  return undefined;
}

function takeMetric(value: AnyLine, output: WireOutput): string | undefined {
  if (output.hello === undefined) return 'a metric comes before hello';
  const schema = value.status === 'ok' ? measuredLine : unavailableLine;
  const metric = schema.safeParse(value);
  if (!metric.success) return `metric: ${firstIssue(metric.error)}`;
  output.metrics.push(metric.data);
  return undefined;
}

/** The fields that are looked at before a schema is chosen. */
interface AnyLine {
  type?: unknown;
  wire?: unknown;
  status?: unknown;
}

function readJson(text: string): AnyLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as AnyLine;
  } catch {
    return undefined;
  }
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'line'}: ${issue?.message ?? 'invalid'}`;
}
