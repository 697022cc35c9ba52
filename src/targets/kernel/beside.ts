import { basename, dirname, join } from 'node:path';

/**
 * Where a distribution, a build and whoever copies an image put what belongs to it: with `config` for
 * the kind and `.config` for the kernel's own name of it, `config-6.1` beside `vmlinuz-6.1` and
 * `config-base` beside `bzImage-base`; `config` or `.config` beside an image of a plain name; and
 * `.config` at the top of the tree that the image was built in.
 *
 * @param image its path, links followed
 * @param built what a build calls it
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
