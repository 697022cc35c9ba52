import { z } from 'zod';

/**
 * What a kernel was built with. Ten thousand options are no more than some names in a row: those that
 * are not set are left out, and those that are y or m are listed by name.
 */

/** In all, far above any kernel's. */
const MAX_NAMES = 1024 * 1024;

const names = z
  .string()
  .max(MAX_NAMES)
  .regex(/^[\w ]*$/);

export const kernelConfigurationSchema = z.strictObject({
  /** The image holds it (CONFIG_IKCONFIG), or a file that belongs to the image does. */
  source: z.enum(['image', 'file']),
  /** Options that are y, without CONFIG_, a blank between two. */
  builtIn: names,
  /** Options that are m. */
  modules: names,
  /** Numbers and strings, as the file has them. */
  values: z.record(z.string().regex(/^\w{1,128}$/), z.string().max(512)),
});

export type KernelConfiguration = z.infer<typeof kernelConfigurationSchema>;

const LINE = /^CONFIG_(\w{1,128})=(.{1,512})/gm;

/**
 * Reads a .config.
 *
 * @returns undefined for a text that is none
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
