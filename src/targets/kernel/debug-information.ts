import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { usageFailure } from '../../failure.js';
import { isKernelAddress } from '../../trace/address.js';
import { type CodeSymbol, type Inlined, symbolsOfElf } from '../../trace/symbols.js';
import type { TargetTools } from '../kind.js';
import type { KernelSpec } from '../spec.js';
import { besideImage } from './beside.js';
import type { KernelImage } from './image.js';
import { inlinedAt } from './inlined.js';
import { readKernelSymbols } from './symbols.js';
import { unpackedKernel } from './unpack.js';
import { readVmlinux, type Vmlinux } from './vmlinux.js';

/** What files say about a kernel's code, beyond what the kernel itself says. */
export interface DebugInformation {
  /** All symbols, if a file is known to be of this build. */
  symbols?: readonly CodeSymbol[];
  /** Symbols from a list that may be of this build, for a kernel that does not give its own. */
  symbolsBeside(): Promise<readonly CodeSymbol[]>;
  /**
   * @param addresses gives the instruction addresses to look up; called only if they are needed
   * @returns undefined if nothing says what was inlined
   */
  inlined(addresses: () => Iterable<number>): Promise<Inlined | undefined>;
}

type Tools = Pick<TargetTools, 'signal' | 'progress'>;

/**
 * Finds a kernel's vmlinux or System.map: the file that the user names, or one beside the image. A
 * vmlinux beside the image is used only if the image contains its build id.
 *
 * @throws Failure (usage) if the named file cannot be used
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
      `The symbols in ${vmlinux} are of another build than the kernel ${path}, as their build ids show: give the vmlinux that was built together with the image.`,
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

/** Where Debian's debug packages install it. */
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
          `Inlined functions are not listed, because neither addr2line nor llvm-addr2line can read ${path}: install binutils or llvm (for another architecture, its own binutils, such as binutils-aarch64-linux-gnu).`,
        );
      }
      return inlined;
    },
  };
}

/** @returns undefined if one of the two has no build id or cannot be unpacked */
async function isOfBuild(
  { buildId }: Vmlinux,
  { content }: KernelImage,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (buildId === undefined) return undefined;
  // Its vDSOs have build ids of their own, so it is enough that the kernel's is among them.
  return (await unpackedKernel(content, signal))?.includes(buildId);
}

async function firstMap(files: readonly string[]): Promise<readonly CodeSymbol[]> {
  for (const file of files) {
    const symbols = await readKernelSymbols(file).catch(() => []);
    if (symbols.length > 0) return symbols;
  }
  return [];
}
