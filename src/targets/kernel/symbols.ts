import { readFile } from 'node:fs/promises';
import { reasonOf, usageFailure } from '../../failure.js';
import { isKernels } from '../../trace/address.js';
import { elfFunctions } from '../../trace/elf.js';
import { type CodeSymbol, parseKallsyms, symbolsOfElf } from '../../trace/symbols.js';

/**
 * Reads a kernel's symbols from its ELF file (vmlinux) or from a list of them (System.map, or a copy of
 * /proc/kallsyms).
 *
 * @throws Failure that says what to give
 */
export async function readKernelSymbols(path: string): Promise<CodeSymbol[]> {
  const symbols = symbolsIn(await read(path), path).filter(({ address }) => isKernels(address));
  if (symbols.length > 0) return symbols;
  throw usageFailure(
    `The file ${path} has no symbols of a kernel: give the vmlinux, not stripped, or the System.map of the kernel's own build.`,
  );
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw usageFailure(
      `The kernel's symbols in ${path} could not be read (${reasonOf(error)}): give a vmlinux or System.map that this user may read.`,
    );
  }
}

function symbolsIn(file: Buffer, path: string): CodeSymbol[] {
  if (file.toString('latin1', 0, 4) !== '\x7fELF') return parseKallsyms(file.toString('latin1'));
  try {
    return symbolsOfElf(elfFunctions(file));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw usageFailure(
      `The kernel's symbols in ${path} could not be read, since ${error.message}: give the vmlinux or System.map of a kernel for x86-64 or arm64.`,
    );
  }
}
