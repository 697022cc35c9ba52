/**
 * Names in the kernel's own assembly where control flow is not calls and returns, for x86
 * (arch/x86/entry/entry_64.S, include/asm/idtentry.h, kernel/process_64.c) and arm64
 * (arch/arm64/kernel/entry.S), in all versions since 5.10.
 */

/** Entries of interrupts, which the instructions around them did not cause. */
const INTERRUPT =
  /^(irq_entries_start|spurious_entries_start|asm_common_interrupt|asm_spurious_interrupt|asm_sysvec_\w+|asm_exc_nmi|asm_exc_machine_check|el[01]([th]_(64|32))?_(irq|fiq|error))$/;

/** Entries of exceptions, such as a page fault, which an instruction caused. */
const EXCEPTION = /^(asm_exc_\w+|asm_int80_emulation|vectors|tramp_vectors)$/;

/** Where the kernel returns to the code that it was entered from, wherever that is. */
const RETURN =
  /^(native_irq_return_iret|native_iret|early_xen_iret_patch|common_interrupt_return|swapgs_restore_regs_and_return_to_usermode|restore_regs_and_return_to_kernel|error_return|ret_to_kernel|ret_to_user|tramp_exit(_native|_compat)?)$/;

/** Functions that switch threads: what was called on one stack returns on another. */
const SWITCH = /^(__switch_to_asm|cpu_switch_to)$/;

/** Where a new thread begins, as if it had been switched away from here. */
const NEWBORN = /^ret_from_(fork|kernel_thread)/;

/**
 * Thunks that make a call for their caller (arch/x86/lib/retpoline.S); they are no callers
 * themselves.
 */
const THUNK = /^__x86_indirect_/;

/** The role of a function in the control flow. */
export type Role = 'plain' | 'thunk' | 'interrupt' | 'exception' | 'return' | 'switch' | 'newborn';

export function roleOf(name: string): Role {
  if (INTERRUPT.test(name)) return 'interrupt';
  if (EXCEPTION.test(name)) return 'exception';
  if (RETURN.test(name)) return 'return';
  if (SWITCH.test(name)) return 'switch';
  if (THUNK.test(name)) return 'thunk';
  return NEWBORN.test(name) ? 'newborn' : 'plain';
}
