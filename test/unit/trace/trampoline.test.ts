import { describe, expect, test } from 'vitest';
import { roleOf } from '../../../src/trace/entries.js';
import { Code } from '../../../src/trace/symbols.js';
import { trampolineSymbols } from '../../../src/trace/trampoline.js';
import { encodeWindow } from './traces.js';

/** As on arm64: the image, and far above it what is mapped once more. */
const VECTORS = -0x7ff7_f000_0000;
const RET_TO_USER = VECTORS + 0x1000;
const MAPPED = -0x400_0240_8800;
const PROGRAM = 0x40_0000;

const SYMBOLS = [
  { name: 'vectors', address: VECTORS },
  { name: 'ret_to_user', address: RET_TO_USER },
  { name: '_einittext', address: VECTORS + 0x2000 },
];

const window = (...addresses: number[]) => encodeWindow(Float64Array.from(addresses));

/** A call by way of the trampoline and back. */
const CALL = [
  ...[PROGRAM, MAPPED + 0x400, MAPPED + 0x404, VECTORS + 0x404, RET_TO_USER],
  ...[MAPPED + 0x800, MAPPED + 0x804, PROGRAM + 4],
];

const nameAt = (code: Code, address: number) =>
  code.functions[code.functionOf[code.pieceAt(address)] ?? -1]?.name;

describe('the trampoline of arm64', () => {
  test('is known by where a program enters it, and by where the kernel leaves through it', () => {
    const symbols = trampolineSymbols(SYMBOLS, window(...CALL));
    expect(symbols).toEqual([
      { name: 'tramp_vectors', address: MAPPED, size: 0x800 },
      { name: 'tramp_exit', address: MAPPED + 0x800, size: 0x1000 },
    ]);
    const code = new Code([...SYMBOLS, ...symbols]);
    const names = CALL.map((address) => nameAt(code, address));
    expect(names.slice(1, -1)).toEqual([
      ...['tramp_vectors', 'tramp_vectors', 'vectors', 'ret_to_user', 'tramp_exit', 'tramp_exit'],
    ]);
    expect(symbols.map(({ name }) => roleOf(name))).toEqual(['exception', 'return']);
  });

  test('is none where programs enter the image itself', () => {
    const direct = window(PROGRAM, VECTORS + 0x400, RET_TO_USER, PROGRAM + 4);
    expect(trampolineSymbols(SYMBOLS, direct)).toEqual([]);
  });

  test('is not what the kernel calls that has no symbol, nor what is entered elsewhere', () => {
    const filter = window(PROGRAM, VECTORS + 0x400, MAPPED + 8, RET_TO_USER, PROGRAM + 4);
    expect(trampolineSymbols(SYMBOLS, filter)).toEqual([]);
    expect(trampolineSymbols(SYMBOLS, window(PROGRAM, MAPPED + 0x404, PROGRAM + 4))).toEqual([]);
    const both = window(...CALL.slice(0, 4), MAPPED + 0x3000, ...CALL.slice(4));
    expect(trampolineSymbols(SYMBOLS, both)).toEqual(trampolineSymbols(SYMBOLS, window(...CALL)));
  });
});

test('what is executed behind the end of the kernel has no name', () => {
  const code = new Code(SYMBOLS);
  expect(nameAt(code, VECTORS + 0x1fff)).toBe('ret_to_user');
  expect(nameAt(code, VECTORS + 0x2000)).toBe('[kernel]');
});
