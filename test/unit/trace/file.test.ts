import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWindow, parseTrace, type Window } from '../../../src/trace/file.js';
import { encodeWindow } from './traces.js';

const WINDOW = 1;
const BYTES = 2;
const ROUND = 3;

function record(kind: number, bytes: Uint8Array, { instructions = 0, flags = 0 } = {}): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(kind, 0);
  header.writeUInt32LE(flags, 4);
  header.writeBigUInt64LE(BigInt(instructions), 8);
  header.writeBigUInt64LE(BigInt(bytes.length), 16);
  return Buffer.concat([header, bytes]);
}

const traceOf = (...records: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('SGTRACE2'), ...records]);

const windowRecord = ({ encoded, instructions }: Window): Buffer =>
  record(WINDOW, encoded, { instructions });

const round = (): Buffer => record(ROUND, Uint8Array.of());

/** Of a program's code and a kernel's, see address.ts. */
const address = fc.bigInt(0n, (1n << 48n) - 1n).chain((low) => fc.constantFrom(low, -1n - low));

describe('a trace file', () => {
  it('gives back every address of every window', () => {
    fc.assert(
      fc.property(fc.array(fc.array(address)), (windows) => {
        const written = windows.map((addresses) =>
          encodeWindow(Float64Array.from(addresses, (one) => Number(one))),
        );
        const read = parseTrace(traceOf(round(), ...written.map(windowRecord)));
        expect(read.rounds[0]?.map((window) => [...decodeWindow(window)].map(BigInt))).toEqual(
          windows,
        );
      }),
    );
  });

  it('holds the windows round by round, and what was handed over, wherever it comes', () => {
    const window = encodeWindow(Float64Array.of(1));
    const file = traceOf(
      round(),
      windowRecord(window),
      record(BYTES, Buffer.from('text')),
      windowRecord(window),
      round(),
      round(),
      windowRecord(window),
    );
    const { rounds, handedOver } = parseTrace(file);
    expect(rounds.map(({ length }) => length)).toEqual([2, 0, 1]);
    expect(Buffer.from(handedOver ?? []).toString()).toBe('text');
  });

  it('loses no more than its last record with an emulator that was killed', () => {
    const window = encodeWindow(Float64Array.of(0x401000, -5, 0x401004));
    const whole = traceOf(round(), windowRecord(window), windowRecord(window));
    for (let length = whole.length - 1; length >= whole.length - 30; length--) {
      expect(parseTrace(whole.subarray(0, length)).rounds).toMatchObject([{ length: 1 }]);
    }
  });

  it('says which window its limit has cut off, and hands over nothing in part', () => {
    const flags = 1;
    const file = traceOf(
      record(BYTES, Buffer.from('te'), { flags }),
      round(),
      record(WINDOW, Uint8Array.of(2), { flags, instructions: 9 }),
    );
    const { rounds, handedOver } = parseTrace(file);
    const windows = rounds.flat();
    expect(handedOver).toBeUndefined();
    expect(windows).toMatchObject([{ cutOff: true, instructions: 9 }]);
    expect([...decodeWindow(windows[0] ?? fail())]).toEqual([1]);
  });

  it('is told from other files', () => {
    expect(() => parseTrace(Buffer.from('#!/bin/sh\n'))).toThrow(RangeError);
    expect(() => parseTrace(Buffer.alloc(0))).toThrow(RangeError);
  });
});

function fail(): never {
  throw new Error('there is no window');
}
