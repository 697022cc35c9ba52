import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { oldestFirst } from '#src/record/earlier-runs.js';
import { isTimed, parseRun, type Run } from '#src/record/run.js';

export const UNCHANGED = 'unchanged';
export const SLOWED = 'slowed';

/** Runs of one machine, oldest first. */
export interface Records {
  unchanged: Run[];
  /** Every system call took longer in these. */
  slowed: Run[];
}

export async function readRecords(folder: string): Promise<Records> {
  const [unchanged, slowed] = await Promise.all(
    [UNCHANGED, SLOWED].map((kind) => readRuns(join(folder, kind))),
  );
  return { unchanged: unchanged ?? [], slowed: slowed ?? [] };
}

/** @throws Error that names the file, when a record is not valid */
async function readRuns(folder: string): Promise<Run[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.run.json'));
  const runs = names.map(async (name) => {
    const parse = parseRun(await readFile(join(folder, name), 'utf8'));
    if (!parse.ok) throw new Error(`${join(folder, name)} is not a run: ${parse.reason}`);
    return parse.run;
  });
  return (await Promise.all(runs)).sort(oldestFirst);
}

const times = new WeakMap<Run, ReadonlyMap<string, number>>();

/** Median ns of all launches of each gated timed metric: what other tools would be given. */
export function gatedTimes(run: Run): ReadonlyMap<string, number> {
  const known = times.get(run);
  if (known) return known;
  const own = new Map(
    run.metrics.flatMap((metric): [string, number][] =>
      metric.gate && isTimed(metric)
        ? [[metric.id, median(metric.replicates.map(({ estimateNs }) => estimateNs))]]
        : [],
    ),
  );
  times.set(run, own);
  return own;
}

/** A change that did not happen: makes of a run what it would have been. */
export type Alteration = (run: Run) => Run;

export const NO_CHANGE: Alteration = (run) => run;

/** One metric takes `factor` times as long. */
export const scaling =
  (id: string, factor: number): Alteration =>
  (run) =>
    scaled(run, (metric) => (metric.id === id ? factor : 1));

/** Every kernel entry takes longer by a share of the null call's time. */
export const addingToEntries =
  (share: number): Alteration =>
  (run) => {
    const known = gatedTimes(run);
    const added = share * (known.get('syscall.null') ?? 0);
    return scaled(run, ({ id, entries = 0, replicates }) => {
      const ns = known.get(id) ?? median(replicates.map(({ estimateNs }) => estimateNs));
      return 1 + (added * entries) / ns;
    });
  };

type Timed = Extract<Run['metrics'][number], { replicates: unknown }>;

const scaled = (run: Run, factorOf: (metric: Timed) => number): Run => ({
  ...run,
  metrics: run.metrics.map((metric) => {
    if (!isTimed(metric)) return metric;
    const factor = factorOf(metric);
    const replicates = metric.replicates.map((replicate) => ({
      ...replicate,
      estimateNs: factor * replicate.estimateNs,
    }));
    return { ...metric, replicates };
  }),
});
