import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The default place of a benchmark's result: results are kept by date. */
export const resultPath = (name: string, startedAt: Date): string =>
  join(
    import.meta.dirname,
    'results',
    `${name}-${startedAt.toISOString().slice(0, 'YYYY-MM-DD'.length)}.json`,
  );

export async function writeResult(path: string, result: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
}
