import { usageFailure } from '../failure.js';
import { MAX_GLOB, MAX_GLOBS } from '../record/run.js';
import type { EvidenceChoice } from '../targets/spec.js';
import type { FailOn, MarginRule } from '../verdict/settings.js';

const SECOND_MS = 1000;
const DURATION_UNITS_MS: Record<string, number> = {
  '': SECOND_MS,
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  min: 60 * SECOND_MS,
};
/** A shorter time leaves no room for one round of all metrics after the warm-up. */
const MIN_DURATION_MS = 2 * SECOND_MS;
const MAX_DURATION_MS = 3600 * SECOND_MS;

/** Reads "60", "60s" or "2m" as milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(s|m|min|)$/.exec(text.trim());
  const unitMs = DURATION_UNITS_MS[match?.[2] ?? ''];
  const durationMs = match && unitMs ? Number(match[1]) * unitMs : Number.NaN;
  if (durationMs >= MIN_DURATION_MS && durationMs <= MAX_DURATION_MS) return durationMs;
  throw usageFailure(
    `duration "${text}" is not a time from 2s to 60m: give seconds or minutes, such as 30s or 2m.`,
  );
}

/**
 * Reads a list of margins: "2%" for every metric, or rules "glob=percent" separated by commas or
 * newlines. The last rule that matches a metric wins.
 */
export function parseMargins(text: string): MarginRule[] {
  return words(text).map((rule) => {
    const [glob, percent, ...rest] = rule.includes('=') ? rule.split('=') : ['*', rule];
    const ratio = parsePercent(percent ?? '');
    if (glob && ratio !== undefined && rest.length === 0) return { glob: glob.trim(), ratio };
    throw usageFailure(
      `margin "${rule}" is not a percentage from 0.1% to 1000%: give one for all metrics, such as 2%, or one for each glob, such as context.*=4%.`,
    );
  });
}

function parsePercent(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*%?\s*$/.exec(text);
  const percent = match ? Number(match[1]) : Number.NaN;
  return percent >= 0.1 && percent <= 1000 ? percent / 100 : undefined;
}

/** Reads metric globs separated by commas, blanks or newlines. */
export function parseGlobs(text: string): string[] {
  const globs = words(text).flatMap((word) => word.split(/\s+/));
  if (globs.length > MAX_GLOBS || globs.some((glob) => glob.length > MAX_GLOB)) {
    throw usageFailure(
      `metrics "${text.slice(0, 100)}…" is too long: give at most ${MAX_GLOBS} globs of at most ${MAX_GLOB} characters, such as syscall.*.`,
    );
  }
  if (globs.length > 0 || text.trim() === '') return globs;
  throw usageFailure(`metrics "${text}" names no metric: give ids or globs, such as syscall.*.`);
}

export function parseAlpha(text: string): number {
  const alpha = /^\s*\d*\.?\d+(e-\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
  if (alpha >= 1e-6 && alpha <= 0.2) return alpha;
  throw usageFailure(
    `alpha "${text}" is not an error level: give a number from 0.000001 to 0.2, such as 0.01.`,
  );
}

export function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (seed <= 0xffff_ffff) return seed;
  throw usageFailure(`seed "${text}" is not a whole number from 0 to 4294967295.`);
}

/** The whole numbers that an input may be. */
export interface CountRange {
  min: number;
  max: number;
}

/** How many stored runs are pooled at most. */
export const HISTORY: CountRange = { min: 1, max: 100 };

/** How many shards are expected; a matrix has at most 256 jobs. */
export const EXPECTED: CountRange = { min: 1, max: 256 };

/** Reads a whole number; `input` is the name of the input, for the error sentence. */
export function parseCount(input: string, text: string, { min, max }: CountRange): number {
  const count = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (count >= min && count <= max) return count;
  throw usageFailure(`${input} "${text}" is not a whole number from ${min} to ${max}.`);
}

const FAIL_ON: readonly FailOn[] = ['regression', 'inconclusive', 'never'];

const EVIDENCE = ['auto', 'timed', 'counted', 'both'] as const;

export const parseEvidence = (text: string): EvidenceChoice =>
  parseChoice('evidence', text, EVIDENCE);

export const parseFailOn = (text: string): FailOn => parseChoice('fail-on', text, FAIL_ON);

/**
 * Reads one of a few words.
 *
 * @param input name of the input, for the error sentence
 */
export function parseChoice<T extends string>(
  input: string,
  text: string,
  choices: readonly T[],
): T {
  const choice = choices.find((candidate) => candidate === text.trim());
  if (choice !== undefined) return choice;
  throw usageFailure(`${input} "${text}" is not known: give one of ${choices.join(', ')}.`);
}

/** Splits at commas and newlines. A comma inside braces belongs to the glob: {syscall,clock}.* */
const words = (text: string): string[] =>
  text
    .split(/[,\n](?![^{}]*\})/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
