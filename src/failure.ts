/**
 * A foreseeable failure: what was being done, what is wrong, what to do, in one sentence.
 * `usage` is a mistake in the inputs (exit code 2); `measurement` is a machine, target or service
 * that cannot do what was asked of it (exit code 3). Anything else that is thrown is a bug.
 */
export class Failure extends Error {
  constructor(
    readonly kind: 'usage' | 'measurement',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'Failure';
  }
}

export const usageFailure = (sentence: string): Failure => new Failure('usage', sentence);

export const measurementFailure = (sentence: string, cause?: unknown): Failure =>
  new Failure('measurement', sentence, cause === undefined ? undefined : { cause });

/** The short form of a system call's error for the middle of a sentence: its code where it has one. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}
