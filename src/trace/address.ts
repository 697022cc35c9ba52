/**
 * Converts a code address to a number: its 64 bits as a signed integer. Kernel addresses are
 * negative, and a program's are positive. On every architecture both lie within 2^48 of zero, even
 * where the address space as a whole is larger (Documentation/arch/x86/x86_64/mm.rst,
 * arch/arm64/memory.rst). So a number holds addresses, and the distance between any two, exactly.
 */
export const addressOf = (bits: bigint): number => Number(BigInt.asIntN(64, bits));

export const isKernelAddress = (address: number): boolean => address < 0;
