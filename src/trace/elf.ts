/** A function of an executable. */
export interface ElfFunction {
  name: string;
  address: bigint;
  /** Bytes; 0 where the file does not say. */
  size: number;
}

/** Offsets in the headers of a 64-bit ELF file, elf(5). */
const HEADER = { class: 4, order: 5, type: 16, sections: 40, sectionCount: 60 };
const SECTION = { bytes: 64, type: 4, offset: 24, size: 32, link: 40 };
const SYMBOL = { bytes: 24, info: 4, section: 6, value: 8, size: 16 };
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const SYMBOL_TABLE = 2;
const EXECUTABLE = 2;
const FUNCTION = 2;
const NO_TYPE = 0;

/** Whether it runs at the addresses that are in it, and not wherever the kernel puts it. */
export const hasFixedAddresses = (elf: Buffer): boolean =>
  elf.readUInt16LE(HEADER.type) === EXECUTABLE;

/**
 * The functions in a file's symbol table.
 *
 * @returns none where it has no symbol table (strip(1))
 * @throws RangeError with a clause when it is no ELF file of 64 bits, little-endian, or not whole
 */
export function elfFunctions(elf: Buffer): ElfFunction[] {
  if (elf.toString('latin1', 0, 4) !== '\x7fELF') throw new RangeError('it is no ELF file');
  if (elf[HEADER.class] !== CLASS_64 || elf[HEADER.order] !== LITTLE_ENDIAN) {
    throw new RangeError('it is not for 64 bits and little-endian');
  }
  try {
    const sections = sectionsOf(elf);
    const table = sections.find(({ type }) => type === SYMBOL_TABLE);
    const names = sections[table?.link ?? -1];
    return table === undefined || names === undefined ? [] : readTable(elf, table, names);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError('it is not whole');
  }
}

interface Section {
  type: number;
  offset: number;
  size: number;
  /** The number of the section with a symbol table's names. */
  link: number;
}

function sectionsOf(elf: Buffer): Section[] {
  const first = Number(elf.readBigUInt64LE(HEADER.sections));
  const count = elf.readUInt16LE(HEADER.sectionCount);
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * SECTION.bytes;
    return {
      type: elf.readUInt32LE(at + SECTION.type),
      offset: Number(elf.readBigUInt64LE(at + SECTION.offset)),
      size: Number(elf.readBigUInt64LE(at + SECTION.size)),
      link: elf.readUInt32LE(at + SECTION.link),
    };
  });
}

/** Labels of assembly have no type. */
const isCode = (info: number): boolean => (info & 0xf) === FUNCTION || (info & 0xf) === NO_TYPE;

function readTable(elf: Buffer, table: Section, names: Section): ElfFunction[] {
  const functions: ElfFunction[] = [];
  for (let at = table.offset; at < table.offset + table.size; at += SYMBOL.bytes) {
    if (!isCode(elf.readUInt8(at + SYMBOL.info)) || elf.readUInt16LE(at + SYMBOL.section) === 0) {
      continue;
    }
    const start = names.offset + elf.readUInt32LE(at);
    const name = elf.toString('latin1', start, elf.indexOf(0, start));
    const address = elf.readBigUInt64LE(at + SYMBOL.value);
    const size = Number(elf.readBigUInt64LE(at + SYMBOL.size));
    if (name !== '') functions.push({ name, address, size });
  }
  return functions;
}
