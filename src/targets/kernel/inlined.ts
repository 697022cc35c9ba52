import { spawn } from 'node:child_process';
import type { Architecture } from '../../probe/architecture.js';
import type { Inlined } from '../../trace/symbols.js';

/** Programs that look up where in the source an address comes from, addr2line(1). */
const programsFor = (architecture: Architecture): string[] => [
  `${architecture}-linux-gnu-addr2line`,
  'addr2line',
  'llvm-addr2line',
];

/**
 * Time in which all addresses of a request must be answered; the program looks them up one by one.
 */
const DEADLINE_MS = 120_000;

/**
 * Looks up in a kernel's debug information what was inlined where.
 *
 * @param addresses instruction addresses, see address.ts
 * @returns undefined if no installed program can read the file
 * @throws the signal's reason if the signal is aborted
 */
export async function inlinedAt(
  vmlinux: string,
  architecture: Architecture,
  addresses: Iterable<number>,
  signal: AbortSignal,
): Promise<Inlined | undefined> {
  const sorted = [...addresses].toSorted((a, b) => a - b);
  for (const program of programsFor(architecture)) {
    const text = await ask([program, '-a', '-i', '-f', '-e', vmlinux], sorted, signal);
    signal.throwIfAborted();
    if (text !== undefined) return parseAnswers(text, sorted);
  }
  return undefined;
}

const hex = (address: number): string => `0x${BigInt.asUintN(64, BigInt(address)).toString(16)}`;

const ask = (
  [program = '', ...words]: readonly string[],
  addresses: readonly number[],
  signal: AbortSignal,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { signal, timeout: DEADLINE_MS, killSignal: 'SIGKILL' } as const;
    const child = spawn(program, words, { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', () => resolve(undefined));
    child.on('close', (code) =>
      resolve(code === 0 ? Buffer.concat(chunks).toString('latin1') : undefined),
    );
    // It may exit before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(addresses.map((address) => `${hex(address)}\n`).join(''));
  });

/**
 * Parses addr2line's answers. Each is the address, then two lines per function from the innermost
 * on: its name and its place in the source. The outermost is the function itself.
 */
function parseAnswers(text: string, addresses: readonly number[]): Inlined {
  const inlined = new Map<number, readonly string[]>();
  const answers = text.split(/^0x/m).slice(1);
  for (const [index, answer] of answers.entries()) {
    const address = addresses[index];
    const names = answer
      .split('\n')
      .slice(1)
      .filter((line, number) => number % 2 === 0 && line !== '');
    if (address === undefined || names.length < 2) continue;
    inlined.set(address, names.slice(0, -1).toReversed());
  }
  return inlined;
}
