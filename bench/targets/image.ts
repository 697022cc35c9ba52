import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const NAME = 'syscall-gate-bench-targets';

/**
 * Makes an image with one program, /true, for as long as `work` lasts.
 *
 * @param engine name or path of the client; both docker and podman import archives
 */
export async function withImage<T>(
  engine: string,
  folder: string,
  work: (image: string) => Promise<T>,
): Promise<T> {
  const root = join(folder, 'image');
  await mkdir(root);
  const source = join(folder, 'true.c');
  await writeFile(source, 'int main(void) { return 0; }\n');
  await run('cc', ['-O2', '-static', source, '-o', join(root, 'true')]);
  await run('tar', ['--create', '--file', `${root}.tar`, '--directory', root, 'true']);
  await run(engine, ['import', `${root}.tar`, NAME]);
  try {
    return await work(NAME);
  } finally {
    await run(engine, ['rmi', NAME]);
  }
}
