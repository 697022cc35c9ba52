/**
 * Argument checks for pure code. A number that is not finite or out of its range is a bug in the
 * caller, never a user's mistake. So it throws a RangeError that names the argument.
 */
export function requireFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be finite, not ${value}`);
}

export function requireAllFinite(name: string, values: readonly number[]): void {
  for (const [index, value] of values.entries()) requireFinite(`${name}[${index}]`, value);
}

export function requireSome(name: string, values: readonly number[]): void {
  if (values.length === 0) throw new RangeError(`${name} must not be empty`);
  requireAllFinite(name, values);
}

/** A level or coverage: strictly between 0 and 1. */
export function requireLevel(name: string, value: number): void {
  if (!(value > 0 && value < 1)) {
    throw new RangeError(`${name} must lie between 0 and 1, not be ${value}`);
  }
}

export function requirePositive(name: string, value: number): void {
  requireFinite(name, value);
  if (value <= 0) throw new RangeError(`${name} must be above 0, not ${value}`);
}

export function requireNotNegative(name: string, value: number): void {
  requireFinite(name, value);
  if (value < 0) throw new RangeError(`${name} must not be negative, not ${value}`);
}

export function requireCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number above 0, not ${value}`);
  }
}

export function requireProbabilities(name: string, values: readonly number[]): void {
  for (const [index, value] of values.entries()) {
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`${name}[${index}] must be a probability, not ${value}`);
    }
  }
}
