import { isKernels } from './address.js';
import { decodeWindow, type Window } from './file.js';
import type { CodeSymbol } from './symbols.js';

/**
 * Where the kernel of arm64 is entered and left under page tables that hold nothing else of it (KPTI,
 * arch/arm64/kernel/entry.S). It is code of the image that is mapped once more, elsewhere, and is in
 * no list of symbols; it is known by what it does.
 */
const VECTORS = 'tramp_vectors';
const EXIT = 'tramp_exit';

/** Of a table of vectors, which is aligned to its size, and where in it programs enter (Arm ARM, D1.3). */
const TABLE_BYTES = 0x800;
const FROM_PROGRAM = 0x400;

/** The smallest of arm64's. */
const PAGE_BYTES = 0x1000;

/**
 * The symbols of the trampoline where it is executed.
 *
 * @param symbols the kernel's own
 * @param window one in which the kernel has been entered and left
 * @returns none where a kernel does without, as on every other architecture
 */
export function trampolineSymbols(symbols: readonly CodeSymbol[], window: Window): CodeSymbol[] {
  const runs = runsBehind(lastOf(symbols), decodeWindow(window));
  const entry = runs.find(({ first, from }) => isProgram(from) && offset(first) === FROM_PROGRAM);
  if (entry === undefined) return [];
  const vectors = { name: VECTORS, address: entry.first - FROM_PROGRAM, size: TABLE_BYTES };
  const exit = runs.find(({ from, to }) => isProgram(to) && !isProgram(from))?.first;
  if (exit === undefined) return [vectors];
  return [vectors, { name: EXIT, address: exit, size: PAGE_BYTES - modulo(exit, PAGE_BYTES) }];
}

/** Instructions one after the other that no symbol covers. */
interface Run {
  first: number;
  /** The addresses before and behind; NaN where the window begins or ends. */
  from: number;
  to: number;
}

function runsBehind(last: number, addresses: Float64Array): Run[] {
  const isUnknown = (address = Number.NaN) => isKernels(address) && address > last;
  const runs: Run[] = [];
  for (let at = 0; at < addresses.length; at++) {
    const begin = at;
    while (isUnknown(addresses[at])) at++;
    const [first = 0, from = Number.NaN, to = Number.NaN] = [begin, begin - 1, at].map(
      (index) => addresses[index],
    );
    if (at > begin) runs.push({ first, from, to });
  }
  return runs;
}

function lastOf(symbols: readonly CodeSymbol[]): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const { address } of symbols) if (isKernels(address)) last = Math.max(last, address);
  return last;
}

const isProgram = (address: number): boolean => address > 0;

const offset = (address: number): number => modulo(address, TABLE_BYTES);

/** Of the address's bits, which is negative. */
const modulo = (address: number, size: number): number => ((address % size) + size) % size;
