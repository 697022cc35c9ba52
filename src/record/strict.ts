import type { z } from 'zod';

/** What a stored file claims to be, and how much of it is read. */
interface Contract<T> {
  schema: z.ZodType<T>;
  /** The literals of its fields `schema` and `version`. A version is "major.minor"; 1 means 1.0. */
  name: string;
  version: string | number;
  /**
   * Changes what an older minor version wrote into this version, in place. Returns why that version
   * cannot have written it, as a clause.
   */
  upgrade?: (value: Fields, minor: number) => string | undefined;
  maxBytes: number;
  /** What people call it: "run record". */
  noun: string;
}

/** A JSON object that nobody has checked yet. */
export type Fields = Record<string, unknown>;

/** What a file of a newer minor version has and this program does not know. */
export interface Newer {
  version: string;
  /** Paths of the fields that were left out, with * for any position in a list. Never empty. */
  ignored: string[];
}

export type StrictParse<T> = { ok: true; value: T; newer?: Newer } | { ok: false; reason: string };

interface Version {
  major: number;
  minor: number;
}

/**
 * Reads the text of a stored file. Within the version that the contract names, and below it, an
 * unknown field is an error. Fields that a newer minor version added are left out and listed.
 * Another major version is an error.
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
  if (!isFields(value)) return { ok: false, reason: 'it is not a JSON object' };
  const claim = readClaim(value, contract);
  return typeof claim === 'string' ? { ok: false, reason: claim } : parseAs(claim, value, contract);
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null;

/** @returns the version that the file has, or why this program does not read it, as a clause */
function readClaim(fields: Fields, { name, version, noun }: Contract<unknown>): Version | string {
  if (fields['schema'] !== name) return `it is not a syscall-gate ${noun}`;
  const claimed = versionOf(fields['version']);
  const { major } = knownVersion(version);
  if (claimed?.major === major) return claimed;
  const word = noun.split(' ').at(-1);
  return `it has ${word} version ${String(fields['version']).slice(0, 32)} and this syscall-gate reads version ${major}`;
}

/** The major version that a stored file claims to have, of whatever kind it is. */
export function claimedMajor(json: string): number | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? versionOf(value['version'])?.major : undefined;
  } catch {
    return undefined;
  }
}

/** Files of the first version have the number 1. */
function versionOf(value: unknown): Version | undefined {
  if (typeof value === 'number') return { major: value, minor: 0 };
  const parts = typeof value === 'string' ? /^([1-9]\d{0,3})\.(0|[1-9]\d{0,3})$/.exec(value) : null;
  return parts ? { major: Number(parts[1]), minor: Number(parts[2]) } : undefined;
}

function knownVersion(version: string | number): Version {
  const known = versionOf(version);
  if (known === undefined) throw new Error(`${version} is not a version`);
  return known;
}

function parseAs<T>(claimed: Version, fields: Fields, contract: Contract<T>): StrictParse<T> {
  const known = knownVersion(contract.version);
  const isOlder = claimed.minor < known.minor;
  const wrong = isOlder ? contract.upgrade?.(fields, claimed.minor) : undefined;
  if (wrong !== undefined) return { ok: false, reason: wrong };
  fields['version'] = contract.version;
  const isNewer = claimed.minor > known.minor;
  const ignored = isNewer ? removeUnknown(fields, contract.schema) : [];
  const result = contract.schema.safeParse(fields);
  const version = `${claimed.major}.${claimed.minor}`;
  if (result.success) {
    const value = result.data;
    return ignored.length === 0
      ? { ok: true, value }
      : { ok: true, value, newer: { version, ignored } };
  }
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'the top level';
  const why = isNewer ? ` (a newer syscall-gate wrote it, in version ${version})` : '';
  return { ok: false, reason: `${where}: ${issue?.message ?? 'invalid'}${why}` };
}

/** Removes all fields that a schema does not know. @returns their paths, each once */
function removeUnknown(fields: Fields, schema: z.ZodType): string[] {
  const removed = new Set<string>();
  // What is inside an unknown field goes with it, but another field may only be reached afterwards.
  for (;;) {
    const issues = schema.safeParse(fields).error?.issues ?? [];
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length === 0) return [...removed];
    for (const { path, keys } of unknown) {
      const owner = path.reduce<unknown>(fieldOf, fields);
      for (const key of keys) {
        if (isFields(owner)) delete owner[key];
        removed.add([...path, key].map(anyPosition).join('.'));
      }
    }
  }
}

const fieldOf = (value: unknown, key: PropertyKey): unknown =>
  isFields(value) && typeof key !== 'symbol' ? value[key] : undefined;

const anyPosition = (key: PropertyKey): string => (typeof key === 'number' ? '*' : String(key));

/** How many of the fields that were left out are named. */
const MAX_NAMED = 5;

/** Says what was left out of a file, as a clause that goes on from the file's name. */
export function newerText({ version, ignored }: Newer): string {
  const named = ignored.slice(0, MAX_NAMED).map((path) => path.slice(0, 100));
  const more = ignored.length > named.length ? `, and ${ignored.length - named.length} more` : '';
  const count =
    ignored.length === 1
      ? '1 field that this one does not know is'
      : `${ignored.length} fields that this one does not know are`;
  return `was written by a newer syscall-gate (version ${version}), and ${count} left out: ${named.join(', ')}${more}`;
}
