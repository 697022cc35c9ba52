/**
 * What the plugin writes (native/tools/trace_plugin.c): round by round the windows of one metric, each the
 * addresses of all instructions that were executed in a batch, and the bytes that the traced program
 * handed over.
 */
const MAGIC = 'SGTRACE2';
const HEADER_BYTES = 24;
const KINDS = { window: 1, bytes: 2, round: 3 };
const CUT_OFF = 1;

/** One window, as it is in the file. */
export interface Window {
  /** All that were executed, in the file or not. */
  instructions: number;
  /** Whether the file reached its limit, so that instructions are missing at the end. */
  cutOff: boolean;
  /** Each address as its way from the one before: zigzag, LEB128. */
  encoded: Uint8Array;
}

export interface TraceFile {
  /** Of each round the windows, all in the order of their beginnings. */
  rounds: Window[][];
  /** What was handed over, as one; undefined where nothing was. */
  handedOver?: Uint8Array;
}

/**
 * Reads a trace. A last record that is not whole, since the emulator was ended meanwhile, is left out.
 *
 * @throws RangeError when it is no trace, with a clause that says so
 */
export function parseTrace(file: Buffer): TraceFile {
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new RangeError('it does not begin as a trace does');
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
 * The addresses of a window's instructions, in the order of their execution (see address.ts).
 *
 * @returns fewer than `instructions` only where the window is cut off
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
    // Zigzag: even numbers go up, odd ones down. None is beyond what is exact, see address.ts.
    address += number % 2 === 0 ? number / 2 : -(number + 1) / 2;
    addresses[count] = address;
  }
  return addresses.subarray(0, count);
}
