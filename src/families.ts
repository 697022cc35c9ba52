/**
 * The families of metrics, named by the first part of their ids. They are in the order in which they are
 * shown, from the cheapest crossing to whole transfers. Tables about families are typed by this list.
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
 * @returns undefined for a metric from a catalogue with more families
 */
export function familyOf(id: string): Family | undefined {
  const name = familyNameOf(id);
  return FAMILIES.find((family) => family === name);
}

/** The family's part of an id, known or not. */
export const familyNameOf = (id: string): string => id.split('.', 1)[0] ?? id;
