import type { Architecture } from '../../probe/architecture.js';

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

/**
 * On arm64 a call draws a random number for where its stack begins (CONFIG_RANDOMIZE_KSTACK_OFFSET,
 * which x86 has the time stamp counter for), and every 48th makes 96 bytes of them, which takes
 * 2,800 instructions (drivers/char/random.c): a batch more or less of which would be 5 % of it.
 */
const STEADY: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: [],
  aarch64: ['randomize_kstack_offset=off'],
};

/**
 * The kernel's command line for that: where its code is has to be the same, too. What makes it steady
 * stands before the user's own words, which can bring it back.
 */
export const countingCommandLine = (architecture: Architecture, own: string): string =>
  [...STEADY[architecture], ...(own === '' ? [] : [own]), 'nokaslr'].join(' ');
