import { describe, expect, it } from 'vitest';
import { elfFunctions, hasFixedAddresses } from '../../../src/trace/elf.js';
import { Code, parseKallsyms, symbolsOfElf } from '../../../src/trace/symbols.js';

const KALLSYMS = `0000000000000000 A fixed_percpu_data
ffffffff81000000 T startup_64
ffffffff81000000 T _stext
ffffffff81000100 t __pfx_read
ffffffff81000110 t __ia32_sys_read
ffffffff81000110 T __x64_sys_read
ffffffff81000200 W weak_one
ffffffff81000300 t copy.isra.0
ffffffff81000400 t copy.isra.0.cold
ffffffff81000500 t work.part.3
ffffffff81000600 d some_data
ffffffffc0201000 t probe_it\t[dummy]
`;

const nameAt = (code: Code, bits: bigint): string | undefined => {
  const piece = code.pieceAt(Number(BigInt.asIntN(64, bits)));
  return code.functions[code.functionOf[piece] ?? -1]?.name;
};

describe('the symbols of a kernel', () => {
  const code = new Code(parseKallsyms(KALLSYMS));

  it('are those of instructions, one at an address', () => {
    expect(parseKallsyms(KALLSYMS).map(({ name }) => name)).toEqual([
      ...['startup_64', '__x64_sys_read', 'weak_one', 'copy.isra.0', 'copy.isra.0.cold'],
      ...['work.part.3', 'probe_it'],
    ]);
  });

  it('are none where a process may not see their addresses', () => {
    expect(parseKallsyms('0000000000000000 T startup_64\n0000000000000000 t copy\n')).toEqual([]);
  });

  it('are found for an instruction by the address that a function goes on from', () => {
    expect(nameAt(code, 0xffffffff81000000n)).toBe('startup_64');
    expect(nameAt(code, 0xffffffff8100010fn)).toBe('startup_64');
    expect(nameAt(code, 0xffffffff81000110n)).toBe('__x64_sys_read');
    expect(nameAt(code, 0xffffffff80ffffffn)).toBe('[kernel]');
    expect(nameAt(code, 0x401000n)).toBe('[program]');
  });

  it('have the names of the source, whatever a compiler made of them', () => {
    expect(nameAt(code, 0xffffffff81000350n)).toBe('copy');
    expect(nameAt(code, 0xffffffff81000450n)).toBe('copy');
    expect(nameAt(code, 0xffffffff81000550n)).toBe('work.part');
    const numbers = [0xffffffff81000350n, 0xffffffff81000450n].map(
      (bits) => code.functionOf[code.pieceAt(Number(BigInt.asIntN(64, bits)))],
    );
    expect(numbers[0]).toBe(numbers[1]);
  });

  it('are not the marks that arm64 has for instructions and data', () => {
    const list = 'ffff800008010000 T vectors\nffff800008010800 t $d\nffff800008010840 t $x.2\n';
    expect(parseKallsyms(list).map(({ name }) => name)).toEqual(['vectors']);
    const program = [
      { name: '$x', address: 0x400100n, size: 0 },
      { name: 'main', address: 0x400100n, size: 64 },
      { name: '$d', address: 0x400120n, size: 0 },
    ];
    expect(symbolsOfElf(program).map(({ name }) => name)).toEqual(['main']);
  });

  it('name the module', () => {
    expect(code.functions.find(({ name }) => name === 'probe_it')?.module).toBe('dummy');
  });
});

/** The header of an executable for 64 bits, little-endian, whose sections are not there. */
function header(): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('\x7fELF\x02\x01', 'latin1');
  bytes.writeUInt16LE(2, 16);
  bytes.writeBigUInt64LE(1000n, 40);
  bytes.writeUInt16LE(3, 60);
  return bytes;
}

describe('the symbols of an executable', () => {
  it('end with the functions, so that what is between them has no name', () => {
    const symbols = symbolsOfElf([
      { name: 'main', address: 0x401000n, size: 16 },
      { name: 'label', address: 0x401000n, size: 0 },
      { name: 'next', address: 0x401040n, size: 16 },
    ]);
    const code = new Code(symbols.toReversed());
    expect(nameAt(code, 0x40100fn)).toBe('main');
    expect(nameAt(code, 0x401010n)).toBe('[program]');
    expect(nameAt(code, 0x401040n)).toBe('next');
    expect(nameAt(code, 0x401050n)).toBe('[program]');
  });

  it('are refused by what the file is instead', () => {
    expect(() => elfFunctions(Buffer.from('MZ'))).toThrow('it is not an ELF file');
    expect(() => elfFunctions(header())).toThrow('it is incomplete');
    const other = header();
    other[4] = 1;
    expect(() => elfFunctions(other)).toThrow('it is not a 64-bit little-endian ELF file');
  });

  it('count only where the program runs at its own addresses', () => {
    const bytes = header();
    expect(hasFixedAddresses(bytes)).toBe(true);
    bytes.writeUInt16LE(3, 16);
    expect(hasFixedAddresses(bytes)).toBe(false);
  });
});
