/**
 * What the kernel's own assembly is called, where its flow is no calls and returns. Of x86
 * (arch/x86/entry/entry_64.S, include/asm/idtentry.h, kernel/process_64.c) and arm64
 * (arch/arm64/kernel/entry.S), in all versions from 5.10 on.
 */

/** Where an interrupt enters, which the instructions around it have not caused. */
const INTERRUPT =
  /^(irq_entries_start|spurious_entries_start|asm_common_interrupt|asm_spurious_interrupt|asm_sysvec_\w+|asm_exc_nmi|asm_exc_machine_check|el[01]([th]_(64|32))?_(irq|fiq|error))$/;

/** Where an exception enters, which an instruction has caused: a page fault. */
const EXCEPTION = /^(asm_exc_\w+|asm_int80_emulation|vectors|tramp_vectors)$/;

/** Where the kernel goes back to what it has been entered from, wherever that was. */
const RETURN =
  /^(native_irq_return_iret|native_iret|early_xen_iret_patch|common_interrupt_return|swapgs_restore_regs_and_return_to_usermode|restore_regs_and_return_to_kernel|error_return|ret_to_kernel|ret_to_user|tramp_exit(_native|_compat)?)$/;

/** What gives the processor to another thread: what was called on one stack returns on another. */
const SWITCH = /^(__switch_to_asm|cpu_switch_to)$/;

/** Where a new thread begins, as if it had been given up here. */
const NEWBORN = /^ret_from_(fork|kernel_thread)/;

/** What makes a call for its caller (arch/x86/lib/retpoline.S): it is no caller itself. */
const THUNK = /^__x86_indirect_/;

/** What a function is to the flow. */
export type Role = 'plain' | 'thunk' | 'interrupt' | 'exception' | 'return' | 'switch' | 'newborn';

export function roleOf(name: string): Role {
  if (INTERRUPT.test(name)) return 'interrupt';
  if (EXCEPTION.test(name)) return 'exception';
  if (RETURN.test(name)) return 'return';
  if (SWITCH.test(name)) return 'switch';
  if (THUNK.test(name)) return 'thunk';
  return NEWBORN.test(name) ? 'newborn' : 'plain';
}
