import { addressOf, isKernelAddress } from './address.js';
import type { ElfFunction } from './elf.js';

/** The start of a function, or of a label in assembly. */
export interface CodeSymbol {
  /** See address.ts. */
  address: number;
  name: string;
  /** The kernel module that contains it. */
  module?: string;
  /** Bytes, if known; otherwise it extends to the next symbol. */
  size?: number;
}

const LINE = /^([0-9a-f]{8,16}) ([tTwW]) (\S+)(?:\t\[(\S+)\])?$/;

/** Padding that a compiler puts before functions (CONFIG_CALL_PADDING, kCFI). */
const PADDING = /^__(pfx|cfi)_/;

/** Marks of instructions ($x) or data ($d) in arm64 code, which are no functions (AAELF64, 5.5). */
const MAPPING = /^\$[dx]/;

const isNoFunction = (name: string): boolean => PADDING.test(name) || MAPPING.test(name);

/**
 * Ends of a kernel's own code (include/asm-generic/vmlinux.lds.h), which are no functions. Code
 * behind them has no symbol, such as a compiled filter.
 */
const END = /^(_etext|_einittext|__entry_tramp_text_end)$/;

/**
 * Second names that the compiler or a macro gives a function
 * (arch/x86/include/asm/syscall_wrapper.h).
 */
const ALIAS = /^__(ia32|se|pi)_/;

/**
 * Reads code symbols from text in the format of /proc/kallsyms and System.map. Of several symbols
 * at one address, the best is taken: global ones rank higher and aliases lower; the first wins a
 * tie.
 */
export function parseKallsyms(text: string): CodeSymbol[] {
  const found = new Map<number, { symbol: CodeSymbol; rank: number }>();
  for (const line of text.split('\n')) {
    const [, digits, type, name, module] = LINE.exec(line) ?? [];
    if (digits === undefined || name === undefined || isNoFunction(name)) continue;
    const address = addressOf(BigInt(`0x${digits}`));
    const rank = (type === 'T' ? 2 : 0) + (ALIAS.test(name) ? 0 : 1);
    // A process without the right to see addresses reads zero.
    if (address === 0 || rank <= (found.get(address)?.rank ?? -1)) continue;
    const symbol = { address, name, ...(module === undefined ? {} : { module }) };
    found.set(address, { symbol, rank });
  }
  return [...found.values()].map(({ symbol }) => symbol);
}

/** The symbols of a program, or of a kernel's own ELF file (vmlinux). */
export const symbolsOfElf = (functions: readonly ElfFunction[]): CodeSymbol[] =>
  functions
    .filter(({ name }) => !isNoFunction(name))
    .map(({ name, address, size }) => ({
      ...{ address: addressOf(address), name },
      ...(size > 0 ? { size } : {}),
    }));

/**
 * Suffixes that a compiler appends to a function that it has transformed. One build may do so and
 * another not, but it is the same function in the source. The cold part of a function is placed
 * elsewhere, but counts for that function.
 */
const VARIANT = /\.(cold|isra\.\d+|constprop\.\d+|llvm\.\d+)(?=\.|$)|(?<=\.part)\.\d+/g;

/** A function as it appears in reports. */
interface CodeFunction {
  name: string;
  module?: string;
  kernel: boolean;
  /** False if no symbol covers the instructions. */
  known: boolean;
  /** Whether the compiler inlined it into another function. */
  inlined?: boolean;
}

/** The functions inlined at each instruction address, the outermost first. */
export type Inlined = ReadonlyMap<number, readonly string[]>;

/** Finds the function that contains an instruction. */
export class Code {
  /** Start addresses of pieces of code, ascending; each piece extends to the next. */
  readonly starts: Float64Array;
  /** The index of each piece's function. */
  readonly functionOf: Int32Array;
  readonly functions: readonly CodeFunction[];
  /** 1 for each piece where a function is called; 0 for its cold part and for unknown code. */
  readonly isBeginning: Uint8Array;
  /**
   * Like {@link Inlined}, with indexes of functions; undefined if it is not known what was inlined.
   */
  readonly inlined?: ReadonlyMap<number, readonly number[]>;

  constructor(symbols: readonly CodeSymbol[], inlined?: Inlined) {
    const pieces = piecesOf(symbols);
    const functions = new Functions();
    // Functions come first: the cold part of a function may lie before it.
    for (const { symbol } of pieces) if (symbol && !isCold(symbol)) functions.add(symbol);
    this.starts = Float64Array.from(pieces, ({ address }) => address);
    this.functionOf = Int32Array.from(pieces, (piece) => functions.numberOf(piece));
    if (inlined !== undefined) {
      this.inlined = new Map(
        [...inlined].map(([address, names]) => [
          address,
          names.map((name) => functions.numberOfInlined(name)),
        ]),
      );
    }
    this.functions = functions.list;
    this.isBeginning = Uint8Array.from(pieces, ({ symbol }) => (symbol && !isCold(symbol) ? 1 : 0));
  }

  /** The index of the piece that contains an address: the last that begins at or before it. */
  pieceAt(address: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

interface Piece {
  address: number;
  symbol?: CodeSymbol;
}

const PAGE = 4096;

/**
 * Ends the last symbol after a page. Code far behind it was made while the kernel ran, such as a
 * compiled filter, or is the vDSO.
 */
function bounded(sorted: readonly CodeSymbol[]): CodeSymbol[] {
  const last = sorted.at(-1);
  return last === undefined ? [] : [...sorted.slice(0, -1), { ...last, size: last.size ?? PAGE }];
}

/** All pieces, including those that no symbol covers: at either end and in between. */
function piecesOf(symbols: readonly CodeSymbol[]): Piece[] {
  const sorted = symbols.toSorted(
    // A label often has the same address as a function; the function comes first.
    (a, b) => a.address - b.address || Number(b.size !== undefined) - Number(a.size !== undefined),
  );
  const kernel = sorted.filter(({ address }) => isKernelAddress(address));
  const program = sorted.filter(({ address }) => !isKernelAddress(address));
  const nowhere = Number.NEGATIVE_INFINITY;
  return [
    ...[{ address: nowhere }, ...covered(bounded(kernel))],
    ...[{ address: 0 }, ...covered(bounded(program))],
  ];
}

function covered(sorted: readonly CodeSymbol[]): Piece[] {
  const pieces: Piece[] = [];
  let end = Number.POSITIVE_INFINITY;
  for (const symbol of sorted) {
    const { address, size = Number.POSITIVE_INFINITY } = symbol;
    if (pieces.at(-1)?.address === address) continue;
    if (end < address) pieces.push({ address: end });
    pieces.push(END.test(symbol.name) ? { address } : { address, symbol });
    end = address + size;
  }
  return Number.isFinite(end) ? [...pieces, { address: end }] : pieces;
}

const isCold = ({ name }: CodeSymbol): boolean => name.includes('.cold');

const KERNEL: CodeFunction = { name: '[kernel]', kernel: true, known: false };
const PROGRAM: CodeFunction = { name: '[program]', kernel: false, known: false };

/**
 * The list of functions. Two static functions may share a name: they are called separately, but
 * reported as one.
 */
class Functions {
  readonly list: CodeFunction[] = [KERNEL, PROGRAM];
  readonly #ofSymbol = new Map<CodeSymbol, number>();
  readonly #ofName = new Map<string, number>();
  readonly #inlined = new Map<string, number>();

  add(symbol: CodeSymbol): number {
    const number = this.list.push(functionOf(symbol)) - 1;
    this.#ofSymbol.set(symbol, number);
    this.#ofName.set(identityOf(symbol), number);
    return number;
  }

  numberOfInlined(name: string): number {
    const known = this.#inlined.get(name);
    if (known !== undefined) return known;
    const named = { name: name.replaceAll(VARIANT, ''), kernel: true, known: true, inlined: true };
    const number = this.list.push(named) - 1;
    this.#inlined.set(name, number);
    return number;
  }

  numberOf({ address, symbol }: Piece): number {
    if (symbol === undefined) return this.list.indexOf(isKernelAddress(address) ? KERNEL : PROGRAM);
    const known = this.#ofSymbol.get(symbol) ?? this.#ofName.get(identityOf(symbol));
    return known ?? this.add(symbol);
  }
}

function functionOf({ address, name, module }: CodeSymbol): CodeFunction {
  return {
    name: name.replaceAll(VARIANT, ''),
    ...(module === undefined ? {} : { module }),
    ...{ kernel: isKernelAddress(address), known: true },
  };
}

const identityOf = (symbol: CodeSymbol): string => {
  const { name, module = '' } = functionOf(symbol);
  return `${module} ${name}`;
};
