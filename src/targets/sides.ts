import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Addon, LaunchResult } from '../probe/addon.js';
import { withoutSecrets } from './environment.js';
import { areCountable, mayBeUncountable, openTarget } from './index.js';
import type { TargetTools } from './kind.js';
import type { RunnableSpec } from './spec.js';
import { isCountable, type Target } from './target.js';

type Named<T> = { baseline?: T; candidate: T };

/** The open targets of a session, for the sides that were given. */
type Opened<S extends Named<RunnableSpec>> = { [K in keyof S]: Target };

/** Without a choice of evidence the sides are timed. */
type Opening = Pick<TargetTools, 'progress'> &
  Partial<Pick<TargetTools, 'evidence' | 'uncounted' | 'running'>>;

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
 * the work has ended or failed. Nothing that they started or wrote is left behind.
 *
 * @throws Failure if nothing can be launched in one of them; whatever the work throws
 */
export async function withTargets<S extends Named<RunnableSpec>, T>(
  specs: S,
  tools: Tools,
  { progress, evidence: choice = 'timed', uncounted, running }: Opening,
  work: (sides: Opened<S>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'syscall-gate-targets-'));
  const open: [string, Target][] = [];
  const known = { ...(uncounted === undefined ? {} : { uncounted }), ...(running && { running }) };
  let evidence = areCountable(Object.values(specs)) ? choice : 'timed';
  try {
    for (const [side, spec] of inOrderOfOpening(specs)) {
      const own = join(folder, side);
      await mkdir(own);
      const [otherSide] = open.map(([, target]) => target);
      const targetTools = { ...targetToolsOf(tools), ...known, progress, evidence, folder: own };
      const target = await openTarget(spec, {
        ...targetTools,
        ...(otherSide ? { otherSide } : {}),
      });
      open.push([side, target]);
      // One side that cannot be counted makes the other timed, too.
      if (!isCountable(target)) evidence = 'timed';
    }
    return await work(Object.fromEntries(open) as Opened<S>);
  } finally {
    await Promise.allSettled(open.map(([, target]) => target.close?.()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** The baseline first, but before it a side that may turn out not to be countable. */
const inOrderOfOpening = (specs: Named<RunnableSpec>): [string, RunnableSpec][] =>
  Object.entries<RunnableSpec>({ ...specs }).toSorted(
    ([, one], [, other]) => Number(mayBeUncountable(other)) - Number(mayBeUncountable(one)),
  );
