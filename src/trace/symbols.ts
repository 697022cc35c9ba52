import { addressOf, isKernels } from './address.js';
import type { ElfFunction } from './elf.js';

/** Where a function, or a label in assembly, begins. */
export interface CodeSymbol {
  /** See address.ts. */
  address: number;
  name: string;
  /** The kernel module that it is in. */
  module?: string;
  /** Bytes, where they are known: without, it goes on to the next symbol. */
  size?: number;
}

const LINE = /^([0-9a-f]{8,16}) ([tTwW]) (\S+)(?:\t\[(\S+)\])?$/;

/** Padding that a compiler puts before functions (CONFIG_CALL_PADDING, kCFI). */
const PADDING = /^__(pfx|cfi)_/;

/** Where instructions begin ($x) or data ($d) in the code of arm64, which is no function (AAELF64, 5.5). */
const MAPPING = /^\$[dx]/;

const isNoFunction = (name: string): boolean => PADDING.test(name) || MAPPING.test(name);

/**
 * Where a kernel's own code ends (include/asm-generic/vmlinux.lds.h): no function. What is executed
 * behind it has no symbol, such as a filter that was compiled in there.
 */
const END = /^(_etext|_einittext|__entry_tramp_text_end)$/;

/** What the compiler or a macro calls a function by as well (arch/x86/include/asm/syscall_wrapper.h). */
const ALIAS = /^__(ia32|se|pi)_/;

/**
 * Reads the symbols of instructions from what /proc/kallsyms and System.map look like. Of several at
 * one address a global one counts more, and an alias less; the first of the best is taken.
 */
export function parseKallsyms(text: string): CodeSymbol[] {
  const found = new Map<number, { symbol: CodeSymbol; rank: number }>();
  for (const line of text.split('\n')) {
    const [, digits, type, name, module] = LINE.exec(line) ?? [];
    if (digits === undefined || name === undefined || isNoFunction(name)) continue;
    const address = addressOf(BigInt(`0x${digits}`));
    const rank = (type === 'T' ? 2 : 0) + (ALIAS.test(name) ? 0 : 1);
    // Zero is what a process without the right to see them gets.
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
 * What a compiler appends to the name of a function that it has changed: a build may do so and
 * another not, and it is the same function in the source. The cold part of a function, which is
 * elsewhere, is one with it.
 */
const VARIANT = /\.(cold|isra\.\d+|constprop\.\d+|llvm\.\d+)(?=\.|$)|(?<=\.part)\.\d+/g;

/** A function as it is reported. */
export interface CodeFunction {
  name: string;
  module?: string;
  kernel: boolean;
  /** False where no symbol covers the instructions. */
  known: boolean;
  /** Whether it is a part of another in the machine's code. */
  inlined?: boolean;
}

/** By the address of an instruction what was inlined there, the outermost first. */
export type Inlined = ReadonlyMap<number, readonly string[]>;

/** Which function an instruction is in. */
export class Code {
  /** Beginnings of pieces of code, in ascending order; each goes on to the next one. */
  readonly starts: Float64Array;
  /** The number of each piece's function. */
  readonly functionOf: Int32Array;
  readonly functions: readonly CodeFunction[];
  /** 1 for each piece that a function is called at: not for its cold part, nor for what is not known. */
  readonly isBeginning: Uint8Array;
  /** The same as {@link Inlined}, by the numbers of the functions; undefined where it is not known. */
  readonly inlined?: ReadonlyMap<number, readonly number[]>;

  constructor(symbols: readonly CodeSymbol[], inlined?: Inlined) {
    const pieces = piecesOf(symbols);
    const functions = new Functions();
    // The cold part of a function may come before it.
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

  /** The number of the piece that an address is in: the last that begins at or before it. */
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

/** Far behind the last symbol is what was made as the kernel ran, such as a compiled filter, or the vDSO. */
function bounded(sorted: readonly CodeSymbol[]): CodeSymbol[] {
  const last = sorted.at(-1);
  return last === undefined ? [] : [...sorted.slice(0, -1), { ...last, size: last.size ?? PAGE }];
}

/** With a piece for what no symbol covers, at either end and between them. */
function piecesOf(symbols: readonly CodeSymbol[]): Piece[] {
  const sorted = symbols.toSorted(
    // A label is often where a function is.
    (a, b) => a.address - b.address || Number(b.size !== undefined) - Number(a.size !== undefined),
  );
  const kernel = sorted.filter(({ address }) => isKernels(address));
  const program = sorted.filter(({ address }) => !isKernels(address));
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

/** Two static functions may have one name: they are two to be called, and one to be reported. */
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
    if (symbol === undefined) return this.list.indexOf(isKernels(address) ? KERNEL : PROGRAM);
    const known = this.#ofSymbol.get(symbol) ?? this.#ofName.get(identityOf(symbol));
    return known ?? this.add(symbol);
  }
}

function functionOf({ address, name, module }: CodeSymbol): CodeFunction {
  return {
    name: name.replaceAll(VARIANT, ''),
    ...(module === undefined ? {} : { module }),
    ...{ kernel: isKernels(address), known: true },
  };
}

const identityOf = (symbol: CodeSymbol): string => {
  const { name, module = '' } = functionOf(symbol);
  return `${module} ${name}`;
};
