import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes what an earlier report left in its folder.
 *
 * @param ours matches the names that this tool gives; other files are the user's and stay
 * @param named files to keep
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
