import type { z } from 'zod';

/** What a stored file claims to be, and the most of it that is read. */
export interface Contract<T> {
  schema: z.ZodType<T>;
  /** The literals of its fields `schema` and `version`. */
  name: string;
  version: number;
  maxBytes: number;
  /** What people call it: "run record". */
  noun: string;
}

export type StrictParse<T> = { ok: true; value: T } | { ok: false; reason: string };

/**
 * Reads the text of a stored file strictly: an unknown field is an error, as is another version.
 *
 * @returns the value, or one clause that says what is wrong with the text and where
 */
export function parseStrictly<T>(json: string, contract: Contract<T>): StrictParse<T> {
  if (json.length > contract.maxBytes) {
    return { ok: false, reason: `it is larger than ${contract.maxBytes} bytes` };
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { ok: false, reason: 'it is not complete JSON' };
  }
  const claim = unknownClaim(value, contract);
  if (claim !== undefined) return { ok: false, reason: claim };
  const result = contract.schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'the top level';
  return { ok: false, reason: `${where}: ${issue?.message ?? 'invalid'}` };
}

function unknownClaim(
  value: unknown,
  { name, version: known, noun }: Contract<unknown>,
): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is not a JSON object';
  const { schema, version } = value as { schema?: unknown; version?: unknown };
  if (schema !== name) return `it is not a syscall-gate ${noun}`;
  if (version === known) return undefined;
  const word = noun.split(' ').at(-1);
  return `it has ${word} version ${String(version)} and this syscall-gate reads version ${known}`;
}
