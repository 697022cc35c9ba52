import { open } from 'node:fs/promises';
import { reasonOf, usageFailure } from '../../failure.js';
import { isKernelAddress } from '../../trace/address.js';
import { type CodeSymbol, parseKallsyms, symbolsOfElf } from '../../trace/symbols.js';
import { readVmlinux } from './vmlinux.js';

/**
 * Reads a kernel's symbols from its ELF file (vmlinux), or from a list of them (System.map, or a
 * copy of /proc/kallsyms).
 *
 * @throws Failure that says which file to give
 */
export async function readKernelSymbols(path: string): Promise<CodeSymbol[]> {
  const all = (await isElf(path)) ? await symbolsOfFile(path) : parseKallsyms(await list(path));
  const symbols = all.filter(({ address }) => isKernelAddress(address));
  if (symbols.length > 0) return symbols;
  throw usageFailure(
    `The file ${path} has no symbols of a kernel: give the unstripped vmlinux or the System.map of the kernel's own build.`,
  );
}

const ELF = Buffer.from('\x7fELF', 'latin1');

const isElf = (path: string): Promise<boolean> =>
  reading(path, async (file) => {
    const { buffer } = await file.read(Buffer.alloc(ELF.length), 0, ELF.length, 0);
    return buffer.equals(ELF);
  });

/** A hundred times the longest list known. */
const MAX_LIST_BYTES = 512 * 1024 * 1024;

const list = (path: string): Promise<string> =>
  reading(path, async (file) => {
    const { size } = await file.stat();
    return size > MAX_LIST_BYTES ? '' : await file.readFile('latin1');
  });

async function reading<T>(
  path: string,
  read: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  try {
    const file = await open(path);
    return await read(file).finally(() => file.close());
  } catch (error) {
    throw usageFailure(
      `The kernel's symbols in ${path} could not be read (${reasonOf(error)}): give a vmlinux or System.map that this user may read.`,
    );
  }
}

async function symbolsOfFile(path: string): Promise<CodeSymbol[]> {
  try {
    return symbolsOfElf((await readVmlinux(path)).functions);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw usageFailure(
      `The kernel's symbols in ${path} could not be read, because ${error.message}: give the vmlinux or System.map of a kernel for x86-64 or arm64.`,
    );
  }
}
