import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { measurementFailure, reasonOf } from '../../failure.js';
import type { LaunchResult } from '../../probe/addon.js';
import { buildTracePlugin } from '../../probe/plugin.js';
import { isKernels } from '../../trace/address.js';
import { elfFunctions, hasFixedAddresses } from '../../trace/elf.js';
import { decodeWindow, parseTrace, type TraceFile } from '../../trace/file.js';
import { profileBatch, type TracedBatch } from '../../trace/operation.js';
import { Code, type CodeSymbol, parseKallsyms, symbolsOfElf } from '../../trace/symbols.js';
import type { Workshop } from '../kind.js';
import type { BatchPlace, Counting, TracedOperation, Tracing } from '../target.js';
import type { DebugInformation } from './debug-information.js';

/** What traces the probe in a guest. */
export interface Tracer {
  /** Absolute path of the plugin that QEMU loads. */
  plugin: string;
  /** Where the marks are in the probe, by the names that the plugin has for them. */
  marks: Record<(typeof MARKS)[number], bigint>;
  /** The probe's own functions. */
  symbols: readonly CodeSymbol[];
}

/** Of native/core/marks.h, as places and as a function. */
const MARKS = [
  'round',
  'batch_begin',
  'batch_end',
  'symbols_begin',
  'symbols_end',
  'table',
] as const;

/**
 * Makes ready to trace a probe.
 *
 * @throws Failure when the plugin cannot be compiled, or the probe is built so that it cannot be traced
 */
export async function prepareTracer(
  probe: Buffer,
  workshop: Pick<Workshop, 'signal'>,
): Promise<Tracer> {
  const functions = hasFixedAddresses(probe) ? elfFunctions(probe) : [];
  const addressOf = (mark: string): bigint => {
    const found = functions.find(({ name }) => name === `mark_${mark}`);
    if (found !== undefined) return found.address;
    throw measurementFailure(
      'The probe cannot be traced, since it was linked to run anywhere (static-pie) or without symbols: compile it with a compiler that takes -static as gcc of Debian or Fedora does, by CC.',
    );
  };
  const marks = MARKS.map((mark) => [mark, addressOf(mark)] as const);
  const places = new Set(MARKS.map((mark) => `mark_${mark}`));
  return {
    marks: Object.fromEntries(marks) as Tracer['marks'],
    symbols: symbolsOfElf(functions.filter(({ name }) => !places.has(name))),
    plugin: await buildTracePlugin({ signal: workshop.signal }),
  };
}

/** Ten times the whole catalogue's; a longer trace is cut off. */
const MAX_TRACE_MIB = 512;

/**
 * Makes a start under the instruction clock into one that is traced.
 *
 * @throws Failure as {@link prepareTracer}
 */
export async function traceStart(
  start: Counting['start'],
  { probe, debug, workshop }: { probe: Buffer; debug: DebugInformation; workshop: TraceWorkshop },
): Promise<Tracing> {
  const tracer = await prepareTracer(probe, workshop);
  const out = join(workshop.folder, 'trace');
  const asks = debug.symbols === undefined;
  return {
    async start(words, seed) {
      const { argv, ...rest } = await start(asks ? [...words, '--symbols'] : words, seed);
      return { ...rest, argv: [...argv, '-plugin', pluginArgument(tracer, out)] };
    },
    explain: whyNotLoaded,
    async read(batches) {
      try {
        return await operationsOf(await readTrace(out), batches, tracer, debug);
      } finally {
        await rm(out, { force: true });
      }
    },
  };
}

type TraceWorkshop = Pick<Workshop, 'folder' | 'signal'>;

function pluginArgument({ plugin, marks }: Tracer, out: string): string {
  // QEMU takes two commas for one.
  const path = (name: string) => name.replaceAll(',', ',,');
  const addresses = MARKS.map((mark) => `${mark}=${marks[mark]}`);
  const limit = `limit=${MAX_TRACE_MIB * 1024 * 1024}`;
  return [path(plugin), ...addresses, limit, `out=${path(out)}`].join(',');
}

function whyNotLoaded({ stderr }: Pick<LaunchResult, 'stderr'>): string | undefined {
  if (/^trace plugin: it takes/m.test(stderr)) {
    return 'the trace cannot be written; set TMPDIR to a folder that can be written to';
  }
  if (/-plugin: invalid option/.test(stderr)) {
    return 'this QEMU takes no plugins (built with --disable-plugins); install one that does, such as that of Debian 12 or later';
  }
  const refused = /Could not load plugin[^:]*: (.*)|TCG plugin \S+ (requires .*)/.exec(stderr);
  const said = refused?.[1] ?? refused?.[2];
  return (
    said &&
    `QEMU does not load the plugin that traces ("${said.slice(0, 200)}"); use QEMU from 7.2 to 10.2`
  );
}

async function readTrace(path: string): Promise<TraceFile> {
  try {
    return parseTrace(await readFile(path));
  } catch (error) {
    const why = error instanceof RangeError ? error.message : reasonOf(error);
    throw measurementFailure(`The trace ${path} could not be read (${why}).`);
  }
}

async function operationsOf(
  trace: TraceFile,
  places: readonly BatchPlace[],
  { symbols }: Tracer,
  debug: DebugInformation,
): Promise<TracedOperation[]> {
  const kernel = debug.symbols ?? (await symbolsOf(trace, debug));
  const batches = places.map((place) => batchAt(trace, place));
  const traced = batches.flatMap((batch) => ('why' in batch ? [] : [batch]));
  const inlined = await debug.inlined(kernelAddresses(traced));
  const code = new Code([...kernel, ...symbols], inlined);
  return batches.map((batch) => ('why' in batch ? batch : { roots: profileBatch(batch, code) }));
}

async function symbolsOf(
  { handedOver = new Uint8Array() }: TraceFile,
  debug: DebugInformation,
): Promise<readonly CodeSymbol[]> {
  const own = parseKallsyms(Buffer.from(handedOver).toString('latin1'));
  const symbols = own.length > 0 ? own : await debug.symbolsBeside();
  if (symbols.length > 0) return symbols;
  throw measurementFailure(
    'The kernel does not tell its symbols: build it with CONFIG_KALLSYMS=y, or give its vmlinux or System.map by vmlinux=PATH behind the image.',
  );
}

/** Where a metric has an overhead, the windows of that are each behind those of a batch. */
function batchAt({ rounds }: TraceFile, place: BatchPlace): TracedBatch | { why: string } {
  const { turn, batch, batches, operations } = place;
  const windows = rounds[turn] ?? [];
  const each = windows.length / batches;
  const [run, overhead] = windows.slice(batch * each, (batch + 1) * each);
  if (run === undefined || (each !== 1 && each !== 2)) {
    return {
      why: `the trace could not be written; leave ${MAX_TRACE_MIB} MiB free, or set TMPDIR to a folder with room`,
    };
  }
  if (run.cutOff || overhead?.cutOff) {
    return { why: `the trace was longer than ${MAX_TRACE_MIB} MiB; count fewer metrics at once` };
  }
  return { run, operations, ...(overhead === undefined ? {} : { overhead }) };
}

function kernelAddresses(batches: readonly TracedBatch[]): Set<number> {
  const addresses = new Set<number>();
  for (const { run, overhead } of batches) {
    for (const window of overhead === undefined ? [run] : [run, overhead]) {
      for (const address of decodeWindow(window)) if (isKernels(address)) addresses.add(address);
    }
  }
  return addresses;
}
