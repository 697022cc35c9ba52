import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { usageFailure } from '../../failure.js';
import { isKernelAddress } from '../../trace/address.js';
import { type CodeSymbol, type Inlined, symbolsOfElf } from '../../trace/symbols.js';
import type { Workshop } from '../kind.js';
import type { KernelSpec } from '../spec.js';
import { besideImage } from './beside.js';
import type { KernelImage } from './image.js';
import { inlinedAt } from './inlined.js';
import { readKernelSymbols } from './symbols.js';
import { unpackedKernel } from './unpack.js';
import { readVmlinux, type Vmlinux } from './vmlinux.js';

/** What is known of a kernel's code beside what the kernel says itself. */
export interface DebugInformation {
  /** All symbols, where there is a file of them that is known to be of this build. */
  symbols?: readonly CodeSymbol[];
  /** Those of a list that may be of this build, for a kernel that does not tell its own. */
  symbolsBeside(): Promise<readonly CodeSymbol[]>;
  /**
   * @param addresses of instructions, where they are asked for
   * @returns undefined where nothing tells what was inlined
   */
  inlined(addresses: () => Iterable<number>): Promise<Inlined | undefined>;
}

type Tools = Pick<Workshop, 'signal' | 'progress'>;

/**
 * Finds a kernel's vmlinux or System.map: what the user names, or what lies beside the image. A vmlinux
 * there is taken when the build id in it is one in the image.
 *
 * @throws Failure (usage) when what is named cannot be used
 */
export async function debugInformationOf(
  { path, vmlinux }: KernelSpec,
  image: KernelImage,
  tools: Tools,
): Promise<DebugInformation> {
  const real = await realpath(path).catch(() => path);
  if (vmlinux === undefined) return beside(real, image, tools);
  const symbols = await readKernelSymbols(vmlinux);
  const elf = await readVmlinux(vmlinux).catch(() => undefined);
  if (elf === undefined) return { ...NOTHING, symbols };
  if ((await isOfBuild(elf, image, tools.signal)) === false) {
    throw usageFailure(
      `The symbols in ${vmlinux} are of another build than the kernel ${path}, by their build ids: give the vmlinux that was made together with the image.`,
    );
  }
  return ofVmlinux(vmlinux, elf, symbols, image, tools);
}

const NOTHING: DebugInformation = {
  symbolsBeside: async () => [],
  inlined: async () => undefined,
};

async function beside(path: string, image: KernelImage, tools: Tools): Promise<DebugInformation> {
  for (const file of [...besideImage(path, 'vmlinux'), packaged(path)]) {
    const elf = await readVmlinux(file).catch(() => undefined);
    if (elf === undefined || !(await isOfBuild(elf, image, tools.signal))) continue;
    const symbols = kernelSymbols(elf);
    if (symbols.length > 0) return ofVmlinux(file, elf, symbols, image, tools);
  }
  return { ...NOTHING, symbolsBeside: () => firstMap(besideImage(path, 'System.map')) };
}

/** Where Debian's packages of debug information have it. */
const packaged = (image: string): string =>
  join('/usr/lib/debug/boot', basename(image).replace(/^vmlinuz/, 'vmlinux'));

const kernelSymbols = ({ functions }: Vmlinux): CodeSymbol[] =>
  symbolsOfElf(functions).filter(({ address }) => isKernelAddress(address));

function ofVmlinux(
  path: string,
  { hasDwarf }: Vmlinux,
  symbols: readonly CodeSymbol[],
  { architecture }: KernelImage,
  { signal, progress }: Tools,
): DebugInformation {
  if (!hasDwarf) return { ...NOTHING, symbols };
  return {
    ...{ ...NOTHING, symbols },
    async inlined(addresses) {
      const inlined = await inlinedAt(path, architecture, addresses(), signal);
      if (inlined === undefined) {
        progress.note(
          `What was inlined is not told apart, though ${path} knows it, since neither addr2line nor llvm-addr2line reads it: install binutils or llvm (for another architecture its own binutils, such as binutils-aarch64-linux-gnu).`,
        );
      }
      return inlined;
    },
  };
}

/** @returns undefined where one of the two does not say */
async function isOfBuild(
  { buildId }: Vmlinux,
  { content }: KernelImage,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (buildId === undefined) return undefined;
  // The vDSOs in it have build ids of their own: it is enough that the kernel's is among them.
  return (await unpackedKernel(content, signal))?.includes(buildId);
}

async function firstMap(files: readonly string[]): Promise<readonly CodeSymbol[]> {
  for (const file of files) {
    const symbols = await readKernelSymbols(file).catch(() => []);
    if (symbols.length > 0) return symbols;
  }
  return [];
}
