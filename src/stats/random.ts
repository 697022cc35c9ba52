import { requireCount } from './arguments.js';

/** A stream of random numbers: the same seed gives the same stream on every platform. */
export interface Random {
  /** Uniform over 0 … 2^32 − 1. */
  uint32(): number;
  /** Uniform over [0, 1), with 53 bits. */
  unit(): number;
  /** Uniform over 0 … bound − 1, without modulo bias; `bound` is at most 2^32. */
  below(bound: number): number;
}

const TWO_32 = 2 ** 32;

/**
 * xoshiro128** 1.1, seeded through SplitMix64 as its authors advise. It has 128 bits of state and a
 * period of 2^128 − 1. Not for secrets.
 *
 * Source: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM
 * Transactions on Mathematical Software 47 (2021), article 36; G. L. Steele, D. Lea and
 * C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
 *
 * @param seed a whole number from 0 to 2^53 − 1
 * @throws RangeError for any other seed
 */
export function seededRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed must be a whole number from 0 to 2^53 - 1, not ${seed}`);
  }
  return randomFromState(splitMix64(BigInt(seed)));
}

/** The generator with a given state: four 32-bit words, not all zero. */
export function randomFromState([a, b, c, d]: readonly [number, number, number, number]): Random {
  let s0 = a | 0;
  let s1 = b | 0;
  let s2 = c | 0;
  let s3 = d | 0;
  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotateLeft(s3, 11);
    return result;
  };
  return {
    uint32,
    unit: () => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53,
    below: (bound) => drawBelow(uint32, bound),
  };
}

const rotateLeft = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** Throws away draws above the largest multiple of the bound: fewer than half of all draws. */
function drawBelow(uint32: () => number, bound: number): number {
  requireCount('bound', bound);
  if (bound > TWO_32) throw new RangeError(`bound must be at most 2^32, not ${bound}`);
  const limit = TWO_32 - (TWO_32 % bound);
  let drawn = uint32();
  while (drawn >= limit) drawn = uint32();
  return drawn % bound;
}

/** Two outputs of SplitMix64, as four words, low half first. */
function splitMix64(seed: bigint): [number, number, number, number] {
  const first = mix(seed + GOLDEN_GAMMA);
  const second = mix(seed + 2n * GOLDEN_GAMMA);
  return [low32(first), low32(first >> 32n), low32(second), low32(second >> 32n)];
}

const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;
const low32 = (word: bigint): number => Number(BigInt.asUintN(32, word));

function mix(state: bigint): bigint {
  let z = BigInt.asUintN(64, state);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
