import { spawn } from 'node:child_process';
import type { Architecture } from '../../probe/architecture.js';
import type { Inlined } from '../../trace/symbols.js';

/** What tells of each address where it comes from in the source, addr2line(1). */
const programsFor = (architecture: Architecture): string[] => [
  `${architecture}-linux-gnu-addr2line`,
  'addr2line',
  'llvm-addr2line',
];

/** It asks for them one by one, and what is asked for at once has to be answered in this time. */
const DEADLINE_MS = 120_000;

/**
 * Asks a kernel's debug information what was inlined where.
 *
 * @param addresses of instructions, see address.ts
 * @returns undefined where no program is installed that can tell
 * @throws the signal's reason when that is aborted
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
    // It may end before it has read all.
    child.stdin.on('error', () => undefined);
    child.stdin.end(addresses.map((address) => `${hex(address)}\n`).join(''));
  });

/**
 * Each answer is the address, and then from the innermost function on pairs of lines: its name and its
 * place in the source. The outermost is the function itself.
 */
export function parseAnswers(text: string, addresses: readonly number[]): Inlined {
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
