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
 * What takes chance out of what is counted, beside the seed: another kernel draws other numbers from
 * the same one. Programs lie where they are linked to (where a new one's stack begins decides how
 * many pages it faults in); and of what a path is looked up by, a bucket holds hardly ever two.
 */
const STEADY: readonly string[] = ['norandmaps', 'dhash_entries=262144'];

/**
 * On arm64 a call draws a random number for where its stack begins (CONFIG_RANDOMIZE_KSTACK_OFFSET,
 * which x86 has the time stamp counter for), and every 48th makes 96 bytes of them, which takes
 * 2,800 instructions (drivers/char/random.c): a batch more or less of which would be 5 % of it.
 */
const STEADY_HERE: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: [],
  aarch64: ['randomize_kstack_offset=off'],
};

/** Tests of cryptography, which no metric uses, and which wait for each other. */
const QUICK: readonly string[] = ['cryptomgr.notests'];

/**
 * A kernel that times its clocks by one another spins, and a spin of 0.1 s is 100 million
 * instructions, a third of the boot: of the IO-APIC's timer, and of the time stamp counter, which is
 * the emulator's and exact.
 */
const QUICK_CLOCKS: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['no_timer_check', 'tsc=reliable'],
  aarch64: [],
};

/** The timer of the local APIC, too, where another does; several processors need one each. */
const QUICK_ALONE: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['nolapic_timer'],
  aarch64: [],
};

/**
 * The kernel's command line for that: where its code is has to be the same, too. The user's own words
 * come behind what they may take back.
 *
 * @param cpus of the guest
 */
export const countingCommandLine = (
  architecture: Architecture,
  cpus: number,
  own: string,
): string =>
  [
    ...STEADY,
    ...STEADY_HERE[architecture],
    ...QUICK,
    ...(cpus === 1 ? QUICK_ALONE[architecture] : []),
    ...QUICK_CLOCKS[architecture],
    ...(own === '' ? [] : [own]),
    'nokaslr',
  ].join(' ');

/**
 * Raised when a kernel is booted, or its instructions are counted, in another way: counts of two ways
 * are not compared.
 */
export const COUNTING_PROCEDURE = 2;
