import type { Architecture } from '../../probe/architecture.js';

/**
 * QEMU's arguments for a clock that every instruction advances by one nanosecond of guest time.
 * Nothing else advances it, not even sleep (docs/devel/tcg-icount.rst). So a boot with the same
 * seed is the same on every machine, instruction by instruction. The wall clock must then be the
 * guest's own too, since a kernel mixes it into its random numbers.
 *
 * @param seed seed of everything random in the guest
 */
export const countingArguments = (seed: number): string[] => [
  ...['-icount', 'shift=0,sleep=off', '-seed', String(seed)],
  ...['-rtc', 'base=2000-01-01T00:00:00,clock=vm'],
];

/**
 * Options that remove chance from counts, beyond the seed: another kernel draws other random
 * numbers from the same seed. Without `norandmaps`, programs lie at random addresses, and the start
 * of a new program's stack decides how many pages it faults in. With `dhash_entries`, the hash
 * table for path lookups is so large that a bucket hardly ever holds two entries.
 */
const STEADY: readonly string[] = ['norandmaps', 'dhash_entries=262144'];

/**
 * On arm64 every call draws a random number for the offset of its stack
 * (CONFIG_RANDOMIZE_KSTACK_OFFSET); x86 uses the time stamp counter for that. Every 48th call makes
 * 96 new random bytes, which takes 2,800 instructions (drivers/char/random.c). One such refill more
 * or less would change a batch by 5 %.
 */
const STEADY_BY_ARCHITECTURE: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: [],
  aarch64: ['randomize_kstack_offset=off'],
};

/** Skips self-tests of the cryptography, which no metric uses and which wait for each other. */
const NO_SELF_TESTS: readonly string[] = ['cryptomgr.notests'];

/**
 * Skips checks in which a kernel times one clock by another. It spins meanwhile: 0.1 s is 100
 * million instructions, a third of the boot. The checks concern the timer of the IO-APIC, and the
 * time stamp counter, which the emulator provides and which is exact.
 */
const NO_CLOCK_CHECKS: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['no_timer_check', 'tsc=reliable'],
  aarch64: [],
};

/**
 * Skips the timer of the local APIC as well if there is one processor, since another timer does its
 * work; several processors need one each.
 */
const NO_APIC_TIMER: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['nolapic_timer'],
  aarch64: [],
};

/**
 * The kernel's command line for counting. The kernel's code must always lie at the same address, so
 * `nokaslr` comes last. The user's own words come after the options that they may override.
 *
 * @param cpus number of the guest's processors
 */
export const countingCommandLine = (
  architecture: Architecture,
  cpus: number,
  own: string,
): string =>
  [
    ...STEADY,
    ...STEADY_BY_ARCHITECTURE[architecture],
    ...NO_SELF_TESTS,
    ...(cpus === 1 ? NO_APIC_TIMER[architecture] : []),
    ...NO_CLOCK_CHECKS[architecture],
    ...(own === '' ? [] : [own]),
    'nokaslr',
  ].join(' ');

/**
 * Whether so many processors can be counted. With one clock for several, x86-64 processors wait for
 * each other's interrupts until one of them gives up.
 */
export const canCountCpus = (architecture: Architecture, cpus: number): boolean =>
  architecture !== 'x86_64' || cpus === 1;

/**
 * Raised whenever kernels are booted or counted in a different way: counts of two procedures are
 * not compared.
 */
export const COUNTING_PROCEDURE = 2;
