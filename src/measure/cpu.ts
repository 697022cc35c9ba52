import { setTimeout as sleep } from 'node:timers/promises';
import { max } from 'simple-statistics';
import type { Addon, CpuTimes } from '../probe/addon.js';
import { type Cpu, readTopology } from '../probe/topology.js';

/** Long enough for /proc/stat's 10 ms ticks to tell a busy CPU from an idle one. */
const SAMPLE_MS = 150;

/** A shorter time has too few ticks to judge by. */
const MIN_SAMPLE_MS = 100;

const TICK_MS = 10;

/** Others use this share of the CPU's time, or of its core's: another CPU may be idler. */
const BUSY_SHARE = 0.25;

/** Another CPU must be this much idler, or a small difference would move every pair. */
const IDLER = 0.5;

/** Which CPU the launches run on. */
export interface CpuChoice {
  readonly current: number;
  /** Launches begin now: what the CPUs did before does not count. */
  begin(): void;
  /**
   * Chooses again between two pairs.
   *
   * @param ownMs CPU time that our launches took since the last call
   */
  choose(ownMs: number): number;
}

/** One CPU, whatever happens. */
export const alwaysCpu = (cpu: number): CpuChoice => ({
  current: cpu,
  begin: () => undefined,
  choose: () => cpu,
});

/**
 * Begins with the allowed CPU that did the least work in a short sample. Of equal ones it takes the
 * highest number, because device interrupts and housekeeping prefer the lowest.
 *
 * Later it moves if other work came to the CPU, or to its core, and another CPU of the same kind is
 * idle. With a neighbour on the pinned CPU a launch of 50 ms took 400, and a gate's time was over
 * before its pairs were enough.
 *
 * @param now a clock in ms
 */
export async function quietestCpu(
  addon: Pick<Addon, 'cpuTimes'>,
  now: () => number,
): Promise<CpuChoice> {
  const before = addon.cpuTimes();
  await sleep(SAMPLE_MS);
  const after = addon.cpuTimes();
  const work = after.map((times) => ({ cpu: times.cpu, ticks: workSince(before, times) }));
  const [quietest] = work.sort((a, b) => a.ticks - b.ticks || b.cpu - a.cpu);
  const topology = await readTopology(after.map(({ cpu }) => cpu));
  return new IdlestCpu(addon, now, topology, quietest?.cpu ?? 0);
}

/** Follows the load of the CPUs. */
export class IdlestCpu implements CpuChoice {
  private before: readonly CpuTimes[] = [];
  private since = 0;
  private ownMs = 0;
  /** Where it was before it moved, until it is clear that the load did not follow. */
  private left: number | undefined;
  private stays = false;

  /** @param topology of the allowed CPUs */
  constructor(
    private readonly addon: Pick<Addon, 'cpuTimes'>,
    private readonly now: () => number,
    private readonly topology: ReadonlyMap<number, Cpu>,
    public current: number,
  ) {
    this.begin();
  }

  begin(): void {
    this.before = this.addon.cpuTimes();
    this.since = this.now();
    this.ownMs = 0;
  }

  choose(ownMs: number): number {
    this.ownMs += ownMs;
    const passedMs = this.now() - this.since;
    if (passedMs < MIN_SAMPLE_MS) return this.current;
    const after = this.addon.cpuTimes();
    this.move(this.loads(after, passedMs));
    this.begin();
    return this.current;
  }

  /** The share of each CPU's time that other work took. */
  private loads(after: readonly CpuTimes[], passedMs: number): Map<number, number> {
    return new Map(
      after.map((times) => {
        const own = times.cpu === this.current ? this.ownMs : 0;
        return [times.cpu, Math.max(0, TICK_MS * workSince(this.before, times) - own) / passedMs];
      }),
    );
  }

  private move(loads: ReadonlyMap<number, number>): void {
    const busy = this.coreLoad(this.current, loads);
    // An engine's daemon starts containers, so their CPU time is not among ours: the load is the probe.
    const followed = this.left !== undefined && this.coreLoad(this.left, loads) < IDLER * busy;
    this.left = undefined;
    if (busy < BUSY_SHARE || this.stays) return;
    this.stays = followed;
    if (followed) return;
    const kind = this.topology.get(this.current)?.kind;
    const others = [...loads.keys()]
      .filter((cpu) => cpu !== this.current && this.topology.get(cpu)?.kind === kind)
      .map((cpu) => ({ cpu, load: this.coreLoad(cpu, loads) }));
    const [idlest] = others.sort((a, b) => a.load - b.load || b.cpu - a.cpu);
    if (idlest === undefined || idlest.load >= IDLER * busy) return;
    this.left = this.current;
    this.current = idlest.cpu;
  }

  /** The larger load of a CPU and of the other threads of its core. */
  private coreLoad(cpu: number, loads: ReadonlyMap<number, number>): number {
    const threads = this.topology.get(cpu)?.siblings ?? [];
    return max([cpu, ...threads].map((one) => loads.get(one) ?? 0));
  }
}

/** Interrupts do not count: most are those of the probe's own sends over the loopback. */
function workSince(before: readonly CpuTimes[], now: CpuTimes): number {
  const then = before.find((times) => times.cpu === now.cpu);
  return workOf(now) - (then ? workOf(then) : 0);
}

const workOf = ({ busyTicks, interruptTicks, stealTicks }: CpuTimes): number =>
  busyTicks - interruptTicks + stealTicks;
