import { basename, dirname, join } from 'node:path';

/**
 * Paths of a file that belongs to an image, where distributions, builds and people put it. For a
 * configuration, `kind` is `config` and `built` is `.config`:
 * - `config-6.1` beside `vmlinuz-6.1`, `config-base` beside `bzImage-base`;
 * - `config` or `.config` beside an image whose name has no suffix;
 * - `.config` at the top of the tree in which the image was built.
 *
 * @param image the image's path, with links resolved
 * @param built the name that a build gives the file
 */
export function besideImage(image: string, kind: string, built = kind): string[] {
  const folder = dirname(image);
  const [, suffix] = /^[A-Za-z]+(-.+)$/.exec(basename(image)) ?? [];
  const top = /^(.*)\/arch\/\w+\/boot$/.exec(folder)?.[1];
  const names = suffix === undefined ? new Set([kind, built]) : [`${kind}${suffix}`];
  return [
    ...[...names].map((name) => join(folder, name)),
    ...(top === undefined ? [] : [join(top, built)]),
  ];
}
