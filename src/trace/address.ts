/**
 * Addresses are numbers here: the 64 bits as a signed integer. The kernel's are negative and a
 * program's positive, and on every architecture that Linux has both are well inside of what a number
 * holds exactly, since the bits from 57 up are all the same.
 */
export const addressOf = (bits: bigint): number => Number(BigInt.asIntN(64, bits));

export const isKernels = (address: number): boolean => address < 0;

/** As a kernel prints it. */
export const printAddress = (address: number): string =>
  BigInt.asUintN(64, BigInt(address)).toString(16).padStart(16, '0');
