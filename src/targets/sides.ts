import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Addon, LaunchResult } from '../probe/addon.js';
import { withoutSecrets } from './environment.js';
import { isCountableSpec, openTarget } from './index.js';
import type { TargetTools } from './kind.js';
import type { RunnableSpec } from './spec.js';
import type { Target } from './target.js';

type Named<T> = { baseline?: T; candidate: T };

/** The open targets of a session, for the sides that were given. */
type Opened<S extends Named<RunnableSpec>> = { [K in keyof S]: Target };

/** Without a choice of evidence the sides are timed. */
type Opening = Pick<TargetTools, 'progress'> & Partial<Pick<TargetTools, 'evidence'>>;

/** What is needed to make launches; `cpu` is the CPU that is measured on. */
interface Tools extends Pick<TargetTools, 'probe' | 'signal'> {
  addon: Pick<Addon, 'launch'>;
  plan: { cpu: number };
}

/** What any target may use, whichever side it is: all but its folder and its progress. */
export const targetToolsOf = ({ probe, signal, addon, plan }: Tools) => ({
  ...{ probe, signal },
  async launch(
    argv: string[],
    deadlineMs: number,
    { anyCpu } = { anyCpu: false },
  ): Promise<LaunchResult> {
    signal.throwIfAborted();
    const env = withoutSecrets(process.env);
    const cpu = anyCpu ? -1 : plan.cpu;
    const order = { argv, env, cpu, deadlineMs, results: 'stdout' } as const;
    const result = await addon.launch(order);
    signal.throwIfAborted();
    return result;
  },
});

/**
 * Opens the targets of a session and decides by which evidence each is measured. It closes them when
 * the work has ended or failed. Nothing that
 * they started or wrote is left behind.
 *
 * @throws Failure if nothing can be launched in one of them; whatever the work throws
 */
export async function withTargets<S extends Named<RunnableSpec>, T>(
  specs: S,
  tools: Tools,
  { progress, evidence: choice = 'timed' }: Opening,
  work: (sides: Opened<S>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'syscall-gate-targets-'));
  const open: [string, Target][] = [];
  const evidence = Object.values<RunnableSpec>(specs).every(isCountableSpec) ? choice : 'timed';
  try {
    for (const [side, spec] of Object.entries<RunnableSpec>(specs)) {
      const own = join(folder, side);
      await mkdir(own);
      const [otherSide] = open.map(([, target]) => target);
      const targetTools = { ...targetToolsOf(tools), progress, evidence, folder: own };
      open.push([
        side,
        await openTarget(spec, { ...targetTools, ...(otherSide ? { otherSide } : {}) }),
      ]);
    }
    return await work(Object.fromEntries(open) as Opened<S>);
  } finally {
    await Promise.allSettled(open.map(([, target]) => target.close?.()));
    await rm(folder, { recursive: true, force: true });
  }
}
