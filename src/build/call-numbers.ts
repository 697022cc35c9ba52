import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, hostArchitecture } from '../probe/architecture.js';
import { compile, findCompilers } from './compiler.js';
import { findCrossCompiler } from './cross-compiler.js';

/** Prints all definitions in a program that includes sys/syscall.h. */
const FLAGS = ['-E', '-dM', '-x', 'c', '-include', 'sys/syscall.h', '/dev/null', '-o'];

/**
 * The numbers of an architecture's system calls by name, from the headers that the probe is
 * compiled with.
 *
 * @param folder for a temporary file
 * @throws Failure if there is no compiler or no headers
 */
export async function callNumbers(
  architecture: Architecture,
  folder: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const own = architecture === hostArchitecture();
  const c = own ? (await findCompilers()).c : await findCrossCompiler(architecture);
  const file = join(folder, 'calls.h');
  await compile(c, [...FLAGS, file], { what: 'sys/syscall.h', temporary: folder, signal });
  return readCallNumbers(await readFile(file, 'latin1'));
}

/** @param definitions lines such as `#define __NR_openat 257`; the value may be another name */
export function readCallNumbers(definitions: string): Map<string, number> {
  const found = [...definitions.matchAll(/^#define (__NR\w*) (\w+)$/gm)];
  const values = new Map(found.map(([, name = '', value = '']) => [name, value]));
  const numbers = [...values].flatMap(([name, value]): [string, number][] => {
    const number = Number(values.get(value) ?? value);
    return name.startsWith(PREFIX) && Number.isInteger(number)
      ? [[name.slice(PREFIX.length), number]]
      : [];
  });
  return new Map(numbers);
}

const PREFIX = '__NR_';
