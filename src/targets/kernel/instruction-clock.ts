/**
 * A clock that every instruction moves by one nanosecond of the guest's time and nothing else does,
 * not even sleep (docs/devel/tcg-icount.rst). A boot is then the same for the same seed, instruction
 * by instruction, on whatever machine; for that the clock on the wall has to be the guest's own, too,
 * since a kernel mixes it into its random numbers.
 *
 * @param seed of everything random in the guest
 */
export const countingArguments = (seed: number): string[] => [
  ...['-icount', 'shift=0,sleep=off', '-seed', String(seed)],
  ...['-rtc', 'base=2000-01-01T00:00:00,clock=vm'],
];

/** The kernel's command line for that: where its code is has to be the same, too. */
export const countingCommandLine = (own: string): string =>
  own === '' ? 'nokaslr' : `${own} nokaslr`;
