import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A CPU of this machine. */
export interface Cpu {
  /** CPUs of one kind are equally fast, as far as the kernel tells. */
  kind: string;
  /** The other threads of its core. */
  siblings: number[];
}

const FOLDER = '/sys/devices/system/cpu';

/**
 * Reads which CPUs share a core and which are of one kind. What sysfs does not show, as in some
 * sandboxes, is taken to be alike: one kind, a core each.
 *
 * @param cpus their numbers
 * @param folder sysfs's folder of CPUs (Documentation/ABI/testing/sysfs-devices-system-cpu)
 */
export async function readTopology(
  cpus: readonly number[],
  folder = FOLDER,
): Promise<ReadonlyMap<number, Cpu>> {
  const efficient = await listIn(join(folder, '..', '..', 'cpu_atom', 'cpus'));
  const all = cpus.map(async (cpu): Promise<[number, Cpu]> => {
    const own = join(folder, `cpu${cpu}`);
    const threads = await listIn(join(own, 'topology', 'thread_siblings_list'));
    const capacity = await textIn(join(own, 'cpu_capacity'));
    return [
      cpu,
      {
        // The capacity tells the kinds of arm64 apart, and hybrid x86 lists its efficient ones.
        kind: `${capacity}${efficient.includes(cpu) ? ' efficient' : ''}`,
        siblings: threads.filter((other) => other !== cpu),
      },
    ];
  });
  return new Map(await Promise.all(all));
}

/** Reads a list such as `0-3,8`. */
async function listIn(path: string): Promise<number[]> {
  const parts = (await textIn(path)).split(',').filter((part) => /^\d+(-\d+)?$/.test(part));
  return parts.flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Empty if it cannot be read. */
const textIn = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
