import { setTimeout as sleep } from 'node:timers/promises';
import type { Addon, CpuTimes } from '../probe/addon.js';

/** Long enough for /proc/stat's 10 ms ticks to tell a busy CPU from an idle one. */
const SAMPLE_MS = 150;

/**
 * The allowed CPU that did the least work in a short sample. Of equal ones it takes the highest
 * number, because device interrupts and housekeeping prefer the lowest.
 */
export async function quietestCpu(addon: Addon): Promise<number> {
  const before = addon.cpuTimes();
  await sleep(SAMPLE_MS);
  const work = addon.cpuTimes().map((now) => ({ cpu: now.cpu, ticks: workSince(before, now) }));
  const [quietest] = work.sort((a, b) => a.ticks - b.ticks || b.cpu - a.cpu);
  return quietest?.cpu ?? 0;
}

function workSince(before: readonly CpuTimes[], now: CpuTimes): number {
  const then = before.find((times) => times.cpu === now.cpu);
  return now.busyTicks + now.stealTicks - (then ? then.busyTicks + then.stealTicks : 0);
}
