import { isKernelAddress } from './address.js';
import { decodeWindow, type Window } from './file.js';
import type { CodeSymbol } from './symbols.js';

/**
 * The trampoline through which arm64 enters and leaves the kernel while the page tables hide the
 * rest of it (KPTI, arch/arm64/kernel/entry.S). Its code is in the image, but is mapped a second
 * time at an address that no list of symbols has. So it is recognised by its behaviour.
 */
const VECTORS = 'tramp_vectors';
const EXIT = 'tramp_exit';

/** Size and alignment of a vector table, and the offset where programs enter it (Arm ARM, D1.3). */
const TABLE_BYTES = 0x800;
const FROM_PROGRAM = 0x400;

/** The smallest page size of arm64. */
const PAGE_BYTES = 0x1000;

/**
 * The symbols of the trampoline, at the addresses where it is executed.
 *
 * @param symbols the kernel's own
 * @param window a window in which the kernel was entered and left
 * @returns an empty list if the kernel has no trampoline, as on every other architecture
 */
export function trampolineSymbols(symbols: readonly CodeSymbol[], window: Window): CodeSymbol[] {
  const stretches = stretchesBehind(lastOf(symbols), decodeWindow(window));
  const entry = stretches.find(
    ({ first, from }) => isProgram(from) && offset(first) === FROM_PROGRAM,
  );
  if (entry === undefined) return [];
  const vectors = { name: VECTORS, address: entry.first - FROM_PROGRAM, size: TABLE_BYTES };
  const exit = stretches.find(({ from, to }) => isProgram(to) && !isProgram(from))?.first;
  if (exit === undefined) return [vectors];
  return [vectors, { name: EXIT, address: exit, size: PAGE_BYTES - modulo(exit, PAGE_BYTES) }];
}

/** Consecutive instructions that no symbol covers. */
interface UnknownStretch {
  first: number;
  /** The addresses before and after it; NaN at the beginning or end of the window. */
  from: number;
  to: number;
}

function stretchesBehind(last: number, addresses: Float64Array): UnknownStretch[] {
  const isUnknown = (address = Number.NaN) => isKernelAddress(address) && address > last;
  const stretches: UnknownStretch[] = [];
  for (let at = 0; at < addresses.length; at++) {
    const begin = at;
    while (isUnknown(addresses[at])) at++;
    const [first = 0, from = Number.NaN, to = Number.NaN] = [begin, begin - 1, at].map(
      (index) => addresses[index],
    );
    if (at > begin) stretches.push({ first, from, to });
  }
  return stretches;
}

function lastOf(symbols: readonly CodeSymbol[]): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const { address } of symbols) if (isKernelAddress(address)) last = Math.max(last, address);
  return last;
}

const isProgram = (address: number): boolean => address > 0;

const offset = (address: number): number => modulo(address, TABLE_BYTES);

/** Modulo of the address's bits: the address itself is negative. */
const modulo = (address: number, size: number): number => ((address % size) + size) % size;
