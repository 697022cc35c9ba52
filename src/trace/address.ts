/**
 * Addresses of code are numbers here: the 64 bits as a signed integer. The kernel's are negative and
 * a program's positive. On every architecture both are within 2^48 of zero, also where the address
 * space as a whole is larger (Documentation/arch/x86/x86_64/mm.rst, arch/arm64/memory.rst): a number
 * holds them exactly, and what is between any two of them.
 */
export const addressOf = (bits: bigint): number => Number(BigInt.asIntN(64, bits));

export const isKernels = (address: number): boolean => address < 0;
