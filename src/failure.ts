/**
 * A foreseeable failure. Its message says in one sentence what was being done, what is wrong and
 * what to do. `usage` is a mistake in the inputs (exit code 2); `measurement` is a machine, target
 * or service that cannot do what was asked of it (exit code 3). Any other error thrown is a bug.
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

/**
 * A short reason for the middle of a sentence: the error's code if it has one, else its message.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}

/** Makes a failure's sentence a part of another. A name such as QEMU keeps its capitals. */
export const clauseOf = (sentence: string): string =>
  sentence.replace(/\.$/, '').replace(/^[A-Z](?=[a-z]* )/, (first) => first.toLowerCase());
