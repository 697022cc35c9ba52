import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTracePlugin } from '../../build/plugin.js';
import { measurementFailure, reasonOf } from '../../failure.js';
import type { LaunchResult } from '../../probe/addon.js';
import { isKernelAddress } from '../../trace/address.js';
import { elfFunctions, hasFixedAddresses } from '../../trace/elf.js';
import { decodeWindow, parseTrace, type TraceFile, type Window } from '../../trace/file.js';
import { profileBatch, type TracedBatch } from '../../trace/operation.js';
import { Code, type CodeSymbol, parseKallsyms, symbolsOfElf } from '../../trace/symbols.js';
import { trampolineSymbols } from '../../trace/trampoline.js';
import type { TargetTools } from '../kind.js';
import type { BatchPlace, LaunchCommand, TracedOperation, Tracing } from '../target.js';
import type { DebugInformation } from './debug-information.js';

/** What is needed to trace the probe in a guest. */
interface Tracer {
  /** Absolute path of the plugin that QEMU loads. */
  plugin: string;
  /** Addresses of the marks in the probe, by their names in the plugin. */
  marks: Record<(typeof MARKS)[number], bigint>;
  /** The probe's own functions. */
  symbols: readonly CodeSymbol[];
}

/** The marks of native/base/marks.h. */
const MARKS = [
  'round',
  'batch_begin',
  'batch_end',
  'symbols_begin',
  'symbols_end',
  'table',
] as const;

/**
 * Prepares to trace a probe.
 *
 * @throws Failure if the plugin cannot be compiled, or the probe was built in a way that cannot be
 *   traced
 */
export async function prepareTracer(
  probe: Buffer,
  tools: Pick<TargetTools, 'signal'>,
): Promise<Tracer> {
  const functions = hasFixedAddresses(probe) ? elfFunctions(probe) : [];
  const addressOf = (mark: string): bigint => {
    const found = functions.find(({ name }) => name === `mark_${mark}`);
    if (found !== undefined) return found.address;
    throw measurementFailure(
      'The probe cannot be traced, because it was linked as static-pie or without symbols: set CC to a compiler whose -static links at fixed addresses, such as the gcc of Debian or Fedora.',
    );
  };
  const marks = MARKS.map((mark) => [mark, addressOf(mark)] as const);
  const places = new Set(MARKS.map((mark) => `mark_${mark}`));
  return {
    marks: Object.fromEntries(marks) as Tracer['marks'],
    symbols: symbolsOfElf(functions.filter(({ name }) => !places.has(name))),
    plugin: await buildTracePlugin({ signal: tools.signal }),
  };
}

/** Ten times the trace of all metrics; a longer trace is cut off. */
const MAX_TRACE_MIB = 512;

/**
 * Adds tracing to launches under the instruction clock.
 *
 * @throws Failure as {@link prepareTracer}
 */
export async function traceLaunches(
  start: CountedLaunch,
  { probe, debug, tools }: { probe: Buffer; debug: DebugInformation; tools: TraceTools },
): Promise<Tracing> {
  const tracer = await prepareTracer(probe, tools);
  const out = join(tools.folder, 'trace');
  return {
    async start(words, seed) {
      const { argv, ...rest } = await start(words, seed, debug.symbols === undefined);
      return { ...rest, argv: [...argv, '-plugin', pluginArgument(tracer, out)] };
    },
    explain: whyNotLoaded,
    async read(metrics) {
      try {
        return await operationsOf(await readTrace(out), metrics, tracer, debug);
      } finally {
        await rm(out, { force: true });
      }
    },
  };
}

/** @param symbols whether the kernel's symbols must be handed over */
type CountedLaunch = (
  words: readonly string[],
  seed: number,
  symbols: boolean,
) => Promise<LaunchCommand>;

type TraceTools = Pick<TargetTools, 'folder' | 'signal'>;

function pluginArgument({ plugin, marks }: Tracer, out: string): string {
  // QEMU reads two commas as one.
  const path = (name: string) => name.replaceAll(',', ',,');
  const addresses = MARKS.map((mark) => `${mark}=${marks[mark]}`);
  const limit = `limit=${MAX_TRACE_MIB * 1024 * 1024}`;
  return [path(plugin), ...addresses, limit, `out=${path(out)}`].join(',');
}

function whyNotLoaded({ stderr }: Pick<LaunchResult, 'stderr'>): string | undefined {
  if (/^trace plugin: it takes/m.test(stderr)) {
    return 'the trace cannot be written; set TMPDIR to a writable folder';
  }
  if (/-plugin: invalid option/.test(stderr)) {
    return 'this QEMU was built without plugins (--disable-plugins); install one with plugins, such as that of Debian 12 or later';
  }
  const refused = /Could not load plugin[^:]*: (.*)|TCG plugin \S+ (requires .*)/.exec(stderr);
  const said = refused?.[1] ?? refused?.[2];
  return (
    said && `QEMU does not load the trace plugin ("${said.slice(0, 200)}"); use QEMU 7.2 to 10.2`
  );
}

async function readTrace(path: string): Promise<TraceFile> {
  try {
    return parseTrace(await readFile(path));
  } catch (error) {
    const why = error instanceof RangeError ? error.message : reasonOf(error);
    throw measurementFailure(
      `The trace ${path} could not be read (${why}): leave ${MAX_TRACE_MIB} MiB free, or set TMPDIR to a folder with enough space.`,
    );
  }
}

async function operationsOf(
  trace: TraceFile,
  places: readonly BatchPlace[],
  { symbols }: Tracer,
  debug: DebugInformation,
): Promise<TracedOperation[]> {
  const kernel = debug.symbols ?? (await symbolsOf(trace, debug));
  const found = places.map((place) => batchAt(trace, place));
  const windows = found.flatMap(windowsOf);
  const [first] = windows;
  const trampoline = first === undefined ? [] : trampolineSymbols(kernel, first);
  const inlined = await debug.inlined(() => kernelAddresses(windows));
  const code = new Code([...kernel, ...trampoline, ...symbols], inlined);
  return found.map((batch) => ('why' in batch ? batch : { roots: profileBatch(batch, code) }));
}

const windowsOf = (batch: FoundBatch): Window[] =>
  'why' in batch ? [] : [batch.run, ...batch.subtracted];

async function symbolsOf(
  { handedOver = new Uint8Array() }: TraceFile,
  debug: DebugInformation,
): Promise<readonly CodeSymbol[]> {
  const own = parseKallsyms(Buffer.from(handedOver).toString('latin1'));
  const symbols = own.length > 0 ? own : await debug.symbolsBeside();
  if (symbols.length > 0) return symbols;
  throw measurementFailure(
    'The kernel does not show its symbols: build it with CONFIG_KALLSYMS=y, or give its vmlinux or System.map with vmlinux=PATH after the image.',
  );
}

type FoundBatch = TracedBatch | { why: string };

/**
 * Finds one batch. If a metric has an overhead, each batch's window is followed by one of the
 * overhead.
 */
function batchAt({ rounds }: TraceFile, place: BatchPlace): FoundBatch {
  const { turn, batch, batches, operations, emptyRuns } = place;
  const windows = rounds[turn] ?? [];
  const [empty] = windows.slice(0, emptyRuns).sort((a, b) => a.instructions - b.instructions);
  const each = (windows.length - emptyRuns) / batches;
  const first = emptyRuns + batch * each;
  const [run, overhead] = windows.slice(first, first + each);
  if (run === undefined || (each !== 1 && each !== 2)) {
    return {
      why: `the trace could not be written; leave ${MAX_TRACE_MIB} MiB free, or set TMPDIR to a folder with enough space`,
    };
  }
  const subtracted = [overhead, empty].filter((window) => window !== undefined);
  if ([run, ...subtracted].some(({ cutOff }) => cutOff)) {
    return { why: `the trace was longer than ${MAX_TRACE_MIB} MiB; measure fewer metrics at once` };
  }
  return { run, operations, subtracted };
}

function kernelAddresses(windows: readonly Window[]): Set<number> {
  const addresses = new Set<number>();
  for (const window of windows) {
    for (const address of decodeWindow(window))
      if (isKernelAddress(address)) addresses.add(address);
  }
  return addresses;
}
