/** The name that Linux uses in uname(2). */
export type Architecture = 'x86_64' | 'aarch64';

/** Names for people. */
export const ARCHITECTURE_NAMES: Readonly<Record<Architecture, string>> = {
  x86_64: 'x86-64',
  aarch64: 'arm64',
};

/** Whether a kernel for an architecture that a record names can be booted. */
export const isArchitecture = (name: string): name is Architecture =>
  Object.hasOwn(ARCHITECTURE_NAMES, name);

/** Names in Node (process.arch). */
const NODE_NAMES: Readonly<Record<string, Architecture>> = { x64: 'x86_64', arm64: 'aarch64' };

/** This machine's architecture, or undefined if no kernel here can be booted for it. */
export const hostArchitecture = (): Architecture | undefined => NODE_NAMES[process.arch];

/** Offset of the machine in an ELF header, elf(5). */
const ELF_MACHINE = 18;
const MACHINES: Readonly<Record<number, Architecture>> = { 62: 'x86_64', 183: 'aarch64' };

/** The architecture that a program is compiled for, or undefined if no kernel here could run it. */
export const programArchitecture = (elf: Buffer): Architecture | undefined =>
  elf.length < ELF_MACHINE + 2 ? undefined : MACHINES[elf.readUInt16LE(ELF_MACHINE)];
