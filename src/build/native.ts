import { measurementFailure } from '../failure.js';
import type { Addon } from '../probe/addon.js';

/**
 * Loads the compiled addon. It cancels running launches when this process exits, because Node would
 * wait for its worker threads until the launches end.
 *
 * @throws Failure of kind `measurement` if it does not load
 */
export function loadAddon(path: string): Addon {
  const module = { exports: {} };
  try {
    process.dlopen(module, path);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw measurementFailure(
      `The compiled addon ${path} does not load (${why}): remove it to have it compiled again, and if its folder is mounted noexec set XDG_CACHE_HOME to one that is not.`,
      error,
    );
  }
  const addon = module.exports as Addon;
  process.once('exit', () => addon.cancelAll());
  return addon;
}
