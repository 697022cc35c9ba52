/** A function of an executable. */
export interface ElfFunction {
  name: string;
  address: bigint;
  /** Bytes; 0 if the file does not say. */
  size: number;
}

/** Offsets in the headers of a 64-bit ELF file, elf(5). */
const HEADER = { class: 4, order: 5, type: 16, sections: 40, sectionCount: 60 };
const SECTION = { bytes: 64, type: 4, flags: 8, offset: 24, size: 32, link: 40 };
const SYMBOL = { bytes: 24, info: 4, section: 6, value: 8, size: 16 };
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const SYMBOL_TABLE = 2;
const NOTE = 7;
const EXECUTABLE_SECTION = 4;
const EXECUTABLE = 2;
const FUNCTION = 2;
const NO_TYPE = 0;

/**
 * Whether the program runs at the addresses in its file, rather than wherever the kernel puts it.
 */
export const hasFixedAddresses = (elf: Buffer): boolean =>
  elf.readUInt16LE(HEADER.type) === EXECUTABLE;

/** Bytes of the header, which holds everything that is read from it here. */
export const ELF_HEADER_BYTES = 64;

/** A part of a file. */
export interface ElfSection {
  type: number;
  /** Bytes. */
  offset: number;
  size: number;
  /** For a symbol table: the index of the section that holds its names. */
  link: number;
  /** Whether it holds instructions. */
  executable: boolean;
}

/**
 * The functions in a file's symbol table.
 *
 * @returns an empty list if it has no symbol table (strip(1))
 * @throws RangeError with a clause, if it is not a whole 64-bit little-endian ELF file
 */
export function elfFunctions(elf: Buffer): ElfFunction[] {
  const part = ({ offset, size }: Pick<ElfSection, 'offset' | 'size'>): Buffer => {
    if (offset + size > elf.length) throw new RangeError('it is incomplete');
    return elf.subarray(offset, offset + size);
  };
  const sections = elfSections(part(elfSectionTable(elf)));
  const [table, names] = symbolTable(sections).map(part);
  return table === undefined || names === undefined ? [] : elfSymbols(table, names, sections);
}

/**
 * Where a file has its section table, in bytes.
 *
 * @throws RangeError with a clause, if it is not a 64-bit little-endian ELF file
 */
export function elfSectionTable(header: Buffer): { offset: number; size: number } {
  if (header.toString('latin1', 0, 4) !== '\x7fELF') throw new RangeError('it is not an ELF file');
  if (header[HEADER.class] !== CLASS_64 || header[HEADER.order] !== LITTLE_ENDIAN) {
    throw new RangeError('it is not a 64-bit little-endian ELF file');
  }
  return complete(() => ({
    offset: Number(header.readBigUInt64LE(HEADER.sections)),
    size: header.readUInt16LE(HEADER.sectionCount) * SECTION.bytes,
  }));
}

/** @throws RangeError if the table is incomplete */
export const elfSections = (table: Buffer): ElfSection[] =>
  complete(() =>
    Array.from({ length: Math.floor(table.length / SECTION.bytes) }, (_, index) => {
      const at = index * SECTION.bytes;
      return {
        type: table.readUInt32LE(at + SECTION.type),
        offset: Number(table.readBigUInt64LE(at + SECTION.offset)),
        size: Number(table.readBigUInt64LE(at + SECTION.size)),
        link: table.readUInt32LE(at + SECTION.link),
        executable: (table.readUInt32LE(at + SECTION.flags) & EXECUTABLE_SECTION) !== 0,
      };
    }),
  );

/** The sections of a file's symbols and of their names; an empty list if it has none. */
export function symbolTable(sections: readonly ElfSection[]): ElfSection[] {
  const table = sections.find(({ type }) => type === SYMBOL_TABLE);
  const names = sections[table?.link ?? -1];
  return table === undefined || names === undefined ? [] : [table, names];
}

/** The notes of a file, elf(5). */
export const noteSections = (sections: readonly ElfSection[]): ElfSection[] =>
  sections.filter(({ type }) => type === NOTE);

function complete<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError('it is incomplete');
  }
}

/**
 * The functions of a symbol table, and the labels of assembly, which have no type.
 *
 * @throws RangeError if it is incomplete
 */
export const elfSymbols = (
  table: Buffer,
  names: Buffer,
  sections: readonly ElfSection[],
): ElfFunction[] =>
  complete(() => {
    const functions: ElfFunction[] = [];
    for (let at = 0; at < table.length; at += SYMBOL.bytes) {
      const type = table.readUInt8(at + SYMBOL.info) & 0xf;
      const section = sections[table.readUInt16LE(at + SYMBOL.section)];
      if ((type !== FUNCTION && type !== NO_TYPE) || !section?.executable) continue;
      const start = table.readUInt32LE(at);
      const name = names.toString('latin1', start, names.indexOf(0, start));
      const address = table.readBigUInt64LE(at + SYMBOL.value);
      const size = Number(table.readBigUInt64LE(at + SYMBOL.size));
      if (name !== '') functions.push({ name, address, size });
    }
    return functions;
  });
