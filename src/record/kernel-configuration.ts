import { z } from 'zod';

/**
 * The configuration that a kernel was built with. To keep ten thousand options small, options that are
 * not set are left out, and options that are y or m are only listed by name.
 */

/** Limit of all its text, far above any kernel's. */
const MAX_NAMES = 1024 * 1024;

const names = z
  .string()
  .max(MAX_NAMES)
  .regex(/^[\w ]*$/);

export const kernelConfigurationSchema = z.strictObject({
  /** The image holds it (CONFIG_IKCONFIG), or a file that belongs to the image does. */
  source: z.enum(['image', 'file']),
  /** Options that are y, without CONFIG_, separated by blanks. */
  builtIn: names,
  /** Options that are m, in the same form. */
  modules: names,
  /** Options with a number or a string, as in the file. */
  values: z.record(z.string().regex(/^\w{1,128}$/), z.string().max(512)),
});

export type KernelConfiguration = z.infer<typeof kernelConfigurationSchema>;

const LINE = /^CONFIG_(\w{1,128})=(.{1,512})/gm;

/**
 * Reads a .config.
 *
 * @returns undefined if the text is not a .config
 */
export function parseKernelConfiguration(
  text: string,
  source: KernelConfiguration['source'],
): KernelConfiguration | undefined {
  const options = new Map<string, string>();
  for (const [, name, value] of text.matchAll(LINE)) {
    if (name !== undefined && value !== undefined) options.set(name, value.trimEnd());
  }
  const sorted = [...options].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const withValue = (wanted: string) =>
    sorted.flatMap(([name, value]) => (value === wanted ? [name] : [])).join(' ');
  const [builtIn, modules] = [withValue('y'), withValue('m')];
  if (sorted.length === 0 || builtIn.length > MAX_NAMES || modules.length > MAX_NAMES) {
    return undefined;
  }
  const values = sorted.filter(([, value]) => value !== 'y' && value !== 'm');
  return { source, builtIn, modules, values: Object.fromEntries(values) };
}

/** Every option that is set, by name. */
export const optionsOf = ({ builtIn, modules, values }: KernelConfiguration): Map<string, string> =>
  new Map([
    ...listed(builtIn).map((name) => [name, 'y'] as const),
    ...listed(modules).map((name) => [name, 'm'] as const),
    ...Object.entries(values),
  ]);

const listed = (all: string): string[] => all.split(' ').filter((name) => name !== '');
