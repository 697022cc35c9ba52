/**
 * The trace file that the plugin writes (native/tools/trace_plugin.c). For each round of one metric
 * it holds windows: the addresses of all instructions executed in a batch. It also holds the bytes
 * that the traced program handed over.
 */
const MAGIC = 'SGTRACE2';
const HEADER_BYTES = 24;
const KINDS = { window: 1, bytes: 2, round: 3 };
const CUT_OFF = 1;

/** One window, as stored in the file. */
export interface Window {
  /** Number of executed instructions, including those that are missing in the file. */
  instructions: number;
  /** Whether the file reached its size limit, so that instructions at the end are missing. */
  cutOff: boolean;
  /** Each address as its distance from the one before: zigzag, LEB128. */
  encoded: Uint8Array;
}

export interface TraceFile {
  /** The windows of each round, in the order in which they began. */
  rounds: Window[][];
  /** All bytes that the program handed over; undefined if there are none. */
  handedOver?: Uint8Array;
}

/**
 * Reads a trace. An incomplete last record is left out: the emulator was stopped while it wrote.
 *
 * @throws RangeError with a clause, if the file is not a trace
 */
export function parseTrace(file: Buffer): TraceFile {
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new RangeError('it does not begin like a trace');
  }
  const trace: TraceFile = { rounds: [] };
  for (let at = MAGIC.length; at + HEADER_BYTES <= file.length; ) {
    const length = Number(file.readBigUInt64LE(at + 16));
    const encoded = file.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    if (encoded.length < length) break;
    const instructions = Number(file.readBigUInt64LE(at + 8));
    const cutOff = file.readUInt32LE(at + 4) === CUT_OFF;
    const kind = file.readUInt32LE(at);
    if (kind === KINDS.round) trace.rounds.push([]);
    if (kind === KINDS.window) trace.rounds.at(-1)?.push({ instructions, cutOff, encoded });
    if (kind === KINDS.bytes && !cutOff) trace.handedOver = encoded;
    at += HEADER_BYTES + length;
  }
  return trace;
}

/**
 * The addresses of a window's instructions, in execution order (see address.ts).
 *
 * @returns fewer than `instructions` only if the window is cut off
 */
export function decodeWindow({ instructions, encoded }: Window): Float64Array {
  const addresses = new Float64Array(instructions);
  let count = 0;
  let address = 0;
  for (let at = 0; at < encoded.length && count < instructions; count++) {
    let byte = encoded[at++] ?? 0;
    let number = byte & 0x7f;
    for (let scale = 128; byte >= 128; scale *= 128) {
      byte = encoded[at++] ?? 0;
      number += (byte & 0x7f) * scale;
    }
    // Zigzag: even numbers go up, odd numbers go down. All are small enough to be exact, see
    // address.ts.
    address += number % 2 === 0 ? number / 2 : -(number + 1) / 2;
    addresses[count] = address;
  }
  return addresses.subarray(0, count);
}
