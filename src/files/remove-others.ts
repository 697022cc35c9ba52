import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Takes away what an earlier report left in its folder.
 *
 * @param ours what such a file is called: others are somebody's own
 * @param named those to keep
 */
export async function removeOthers(
  folder: string,
  ours: RegExp,
  named: ReadonlySet<string>,
): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  const others = names.filter((name) => ours.test(name) && !named.has(name));
  for (const name of others) await rm(join(folder, name), { force: true }).catch(() => undefined);
}
