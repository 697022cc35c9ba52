/**
 * How QEMU counts instead of taking time: each instruction takes one nanosecond of the guest's time
 * and nothing else takes any, not even sleep, and what is random is the same in every boot
 * (docs/devel/tcg-icount.rst).
 */
export const COUNTING_ARGUMENTS: readonly string[] = [
  ...['-icount', 'shift=0,sleep=off'],
  ...['-seed', '1'],
];

/** The kernel's command line for that: where its code is has to be the same too. */
export const countingCommandLine = (own: string): string =>
  own === '' ? 'nokaslr' : `${own} nokaslr`;
