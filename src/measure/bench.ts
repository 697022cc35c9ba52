import { buildProbe, readCatalogue } from '../build/build.js';
import { loadAddon } from '../build/native.js';
import type { Config } from '../config/config.js';
import type { Progress } from '../progress.js';
import { quietestCpu } from './cpu.js';
import type { Bench } from './launch.js';
import { checkMarginGlobs, makePlan, selectMetrics } from './plan.js';

/**
 * Compiles the probe, reads its catalogue, checks what the inputs name against it, and picks the
 * CPU to measure on.
 * @throws Failure when nothing can be compiled here, or a glob names no metric
 */
export async function prepareBench(
  config: Pick<Config, 'metrics' | 'margins' | 'seed'>,
  { signal, progress }: { signal: AbortSignal; progress: Progress },
): Promise<Bench> {
  progress.phase('Compile the probe');
  const built = await buildProbe({ progress, signal });
  progress.note(
    built.cached
      ? `The probe was compiled earlier with ${built.compiler}.`
      : `Compiled with ${built.compiler} in ${(built.elapsedMs / 1000).toFixed(1)} s.`,
  );
  const catalogue = await readCatalogue(built.probe);
  const metrics = selectMetrics(catalogue, config.metrics);
  checkMarginGlobs(
    catalogue,
    config.margins.map((rule) => rule.glob),
  );
  const addon = loadAddon(built.addon);
  signal.addEventListener('abort', () => addon.cancelAll(), { once: true });
  const now = () => performance.now();
  const cpus = await quietestCpu(addon, now);
  const plan = makePlan(metrics, config.seed, cpus.current, config.metrics);
  return { addon, now, probe: built.probe, plan, cpus, signal };
}
