/**
 * The families of metrics, by what their ids begin with, in the order in which they are shown: from the
 * cheapest crossing to whole transfers. What the program has to know of each is typed by this list.
 */
export const FAMILIES = [
  'control',
  'clock',
  'syscall',
  'signal',
  'context',
  'process',
  'memory',
  'net',
  'sendfile',
  'exact',
  'host',
] as const;

export type Family = (typeof FAMILIES)[number];

/**
 * @param id a metric's id, `family.operation_size_variant`
 * @returns undefined of a metric from a catalogue that knows more families
 */
export function familyOf(id: string): Family | undefined {
  const name = familyNameOf(id);
  return FAMILIES.find((family) => family === name);
}

/** The family's part of an id, known or not. */
export const familyNameOf = (id: string): string => id.split('.', 1)[0] ?? id;
