import { type FileHandle, open } from 'node:fs/promises';
import {
  ELF_HEADER_BYTES,
  type ElfFunction,
  type ElfSection,
  elfSections,
  elfSectionTable,
  elfSymbols,
  noteSections,
  symbolTable,
} from '../../trace/elf.js';

/** What is read from a kernel's ELF file, which with debug information is hundreds of megabytes. */
export interface Vmlinux {
  functions: ElfFunction[];
  /** The note with which the linker identifies every build; undefined if there is none. */
  buildId?: Buffer;
  /** Whether the file says what was inlined. */
  hasDwarf: boolean;
}

/**
 * Reads a kernel's ELF file.
 *
 * @throws RangeError with a clause, if it is not an ELF file or incomplete; errors of the file
 *   system
 */
export async function readVmlinux(path: string): Promise<Vmlinux> {
  const file = await open(path);
  try {
    const table = elfSectionTable(await part(file, { offset: 0, size: ELF_HEADER_BYTES }));
    const sections = elfSections(await part(file, table));
    const symbols = await parts(file, symbolTable(sections));
    const notes = await parts(file, noteSections(sections));
    const [entries, names] = symbols;
    const buildId = notes.map(buildIdIn).find((note) => note !== undefined);
    return {
      functions:
        entries === undefined || names === undefined ? [] : elfSymbols(entries, names, sections),
      ...(buildId === undefined ? {} : { buildId }),
      hasDwarf: await hasDwarf(file, sections, table),
    };
  } finally {
    await file.close();
  }
}

/** Larger than any part that is read; a damaged file may claim a larger size. */
const MAX_PART_BYTES = 512 * 1024 * 1024;

async function part(
  file: FileHandle,
  { offset, size }: Pick<ElfSection, 'offset' | 'size'>,
): Promise<Buffer> {
  if (size > MAX_PART_BYTES) throw new RangeError('it is incomplete');
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, offset);
  if (bytesRead < size) throw new RangeError('it is incomplete');
  return buffer;
}

const parts = (file: FileHandle, sections: readonly ElfSection[]): Promise<Buffer[]> =>
  Promise.all(sections.map((section) => part(file, section)));

/** The note's header: lengths of the name and of the description, type, name (elf(5), "Notes"). */
const BUILD_ID = Buffer.from('\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0', 'latin1');
const BUILD_ID_BYTES = 20;

function buildIdIn(notes: Buffer): Buffer | undefined {
  const at = notes.indexOf(BUILD_ID);
  return at < 0 ? undefined : notes.subarray(at, at + BUILD_ID.length + BUILD_ID_BYTES);
}

/** Offset in the header of the index of the section that holds section names. */
const NAMES_AT = 62;

async function hasDwarf(
  file: FileHandle,
  sections: readonly ElfSection[],
  table: { offset: number; size: number },
): Promise<boolean> {
  const header = await part(file, { offset: 0, size: ELF_HEADER_BYTES });
  const names = sections[header.readUInt16LE(NAMES_AT)];
  if (names === undefined || table.size === 0) return false;
  const text = await part(file, names);
  return text.includes('.debug_info\0') || text.includes('.zdebug_info\0');
}
