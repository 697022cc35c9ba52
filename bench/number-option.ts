import { InvalidArgumentError } from 'commander';

/** Reads the number of an option. */
export const numberFrom = (minimum: number) => (text: string) => {
  const value = Number(text);
  if (value >= minimum) return value;
  throw new InvalidArgumentError(`It must be a number of at least ${minimum}.`);
};
