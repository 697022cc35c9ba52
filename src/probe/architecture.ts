/** As Linux names it in uname(2). */
export type Architecture = 'x86_64' | 'aarch64';

/** As people call them. */
export const ARCHITECTURE_NAMES: Readonly<Record<Architecture, string>> = {
  x86_64: 'x86-64',
  aarch64: 'arm64',
};

/** As Node calls them (process.arch). */
const NODE_NAMES: Readonly<Record<string, Architecture>> = { x64: 'x86_64', arm64: 'aarch64' };

/** This machine's; undefined where no kernel that can be booted here is of it. */
export const hostArchitecture = (): Architecture | undefined => NODE_NAMES[process.arch];

/** Offset of the machine in the header of an ELF file, elf(5). */
const ELF_MACHINE = 18;
const MACHINES: Readonly<Record<number, Architecture>> = { 62: 'x86_64', 183: 'aarch64' };

/** What a program is compiled for; undefined for anything that no kernel here could run. */
export const programArchitecture = (elf: Buffer): Architecture | undefined =>
  elf.length < ELF_MACHINE + 2 ? undefined : MACHINES[elf.readUInt16LE(ELF_MACHINE)];
