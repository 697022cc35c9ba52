import type { z } from 'zod';
import {
  countedLine,
  type Hello,
  helloLine,
  measuredLine,
  sampledLine,
  tailsLine,
  unavailableLine,
  unsampledLine,
  WIRE_VERSION,
  type WireMetric,
  type WireTail,
  type WireTails,
} from './lines.js';

/** A plan of 1000 rounds of the whole catalogue stays below this. It stops endless output. */
const MAX_LINES = 600_000;
/** Banners and other output around the results. */
const MAX_NOISE_LINES = 1_000;
/** Room for 10,000 batches of four 15-digit numbers. */
const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export interface WireOutput {
  /** The first process's. It describes the machine for all of them. */
  hello?: Hello;
  /** In their order in the output. `process` is the number of its process in the launch, from 0. */
  metrics: (WireMetric & { process: number })[];
  /** The second pass, if the plan asked for it. */
  tails?: WireTails;
  tail: WireTail[];
  /** Whether every process reached its end. If not, `metrics` is what was written until then. */
  complete: boolean;
  /** One clause that says why the output cannot be used, or not all of it. */
  problem?: string;
}

/** What one launch of the probe must do. Units are those of the probe's arguments. */
interface ProbePlan {
  /** Each with the number of rounds that it takes part in. Fewer rounds are spread evenly. */
  metrics: readonly { id: string; rounds: number }[];
  batches: number;
  batchUs: number;
  seed: number;
  cpu: number;
  deadlineMs: number;
  /** Whether `hello` describes the machine and the subject. */
  environment: boolean;
  /** How many single operations of each metric to time, instead of batches. */
  tails?: number;
  /** Whether the clock counts instructions. Then the count of an empty batch is subtracted. */
  instructions?: boolean;
  /** How many processes measure the plan, one after another. One if undefined. */
  launches?: number;
  /** Descriptor of the shared mapping for the results. Standard output if undefined. */
  resultsFd?: number;
}

/** The probe's command line for a plan, without the program. Every word is safe in any shell. */
export function planArguments(plan: ProbePlan): string[] {
  return [
    `--metrics=${plan.metrics.map(({ id, rounds }) => `${id}:${rounds}`).join(',')}`,
    `--batches=${plan.batches}`,
    `--batch-us=${plan.batchUs}`,
    `--seed=${plan.seed}`,
    `--cpu=${plan.cpu}`,
    `--deadline-ms=${plan.deadlineMs}`,
    ...(plan.environment ? ['--environment'] : []),
    ...(plan.tails === undefined ? [] : [`--tails=${plan.tails}`]),
    ...(plan.instructions ? ['--instructions'] : []),
    ...(plan.launches === undefined ? [] : [`--launches=${plan.launches}`]),
    ...(plan.resultsFd === undefined ? [] : [`--results-fd=${plan.resultsFd}`]),
  ];
}

/** How far the processes of a launch have come, and what they wrote. */
interface Reading {
  output: WireOutput;
  /** Processes that were asked for, that have begun, and that have ended. */
  processes: number;
  begun: number;
  ended: number;
}

/**
 * Reads what the probe's processes wrote. It ignores unknown fields and line types. Up to a limit,
 * it also ignores lines that are not JSON (a login banner, output of a wrapping command). It drops
 * a last line that was cut off. It never throws: `problem` says what is wrong.
 *
 * @param bytes the results of a launch, which are read line by line and never as one string
 * @param processes how many the launch should have
 */
export function parseWire(bytes: Buffer, processes = 1): WireOutput {
  const output: WireOutput = { metrics: [], tail: [], complete: false };
  const reading: Reading = { output, processes, begun: 0, ended: 0 };
  let noise = 0;
  let lines = 0;
  for (const line of linesOf(bytes)) {
    lines += 1;
    const taken = line.bytes > MAX_LINE_BYTES ? 'noise' : takeLine(line, reading);
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
  /** Whether it ends in a newline. The last line of a killed process does not. */
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

/** Adds a line to the reading. Returns 'noise' or a problem if it cannot. */
function takeLine(line: Line, reading: Reading): string | undefined {
  const { output } = reading;
  const value = readJson(line.text);
  if (value === undefined) {
    const damaged = line.whole && line.text.startsWith('{"type":');
    return damaged ? 'a result line is damaged, as if something else printed into it' : 'noise';
  }
  const between = reading.begun > 0 && reading.begun === reading.ended;
  if (between && value.type !== 'hello') return 'noise';
  switch (value.type) {
    case 'hello':
      return takeHello(value, reading);
    case 'metric':
      return takeMetric(value, reading);
    case 'tails':
      return takeTails(value, output);
    case 'tail':
      return takeTail(value, output);
    case 'end':
      if (reading.begun > 0) reading.ended += 1;
      output.complete = reading.ended === reading.processes;
      return undefined;
    default:
      return undefined;
  }
}

function takeHello(value: AnyLine, reading: Reading): string | undefined {
  if (reading.begun > reading.ended) return 'the probe ran more than once in one launch';
  if (reading.begun === reading.processes) return 'the probe ran more often than it was asked to';
  if (value.wire !== WIRE_VERSION) {
    return `it has wire version ${String(value.wire)} and this syscall-gate reads version ${WIRE_VERSION}`;
  }
  const hello = helloLine.safeParse(value);
  if (!hello.success) return `hello: ${firstIssue(hello.error)}`;
  reading.begun += 1;
  reading.output.hello ??= hello.data;
  return undefined;
}

function takeMetric(value: AnyLine, { output, begun }: Reading): string | undefined {
  if (begun === 0) return 'a metric comes before hello';
  const metric = metricSchema(value).safeParse(value);
  if (!metric.success) return `metric: ${firstIssue(metric.error)}`;
  output.metrics.push({ ...metric.data, process: begun - 1 });
  return undefined;
}

function metricSchema({ status, events }: AnyLine) {
  if (status !== 'ok') return unavailableLine;
  return events === undefined ? measuredLine : countedLine;
}

function takeTails(value: AnyLine, output: WireOutput): string | undefined {
  const tails = tailsLine.safeParse(value);
  if (!tails.success) return `tails: ${firstIssue(tails.error)}`;
  output.tails = tails.data;
  return undefined;
}

function takeTail(value: AnyLine, output: WireOutput): string | undefined {
  if (output.tails === undefined) return 'a tail comes before its timer';
  const tail = (value.status === 'ok' ? sampledLine : unsampledLine).safeParse(value);
  if (!tail.success) return `tail: ${firstIssue(tail.error)}`;
  output.tail.push(tail.data);
  return undefined;
}

/** The fields that decide which schema applies. */
interface AnyLine {
  type?: unknown;
  wire?: unknown;
  status?: unknown;
  events?: unknown;
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
