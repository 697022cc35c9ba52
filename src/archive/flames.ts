import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../failure.js';
import { makeFolder } from '../files/folder.js';
import { removeOthers } from '../files/remove-others.js';
import { saveFile } from '../files/write.js';
import { flameSvg } from '../render/flame.js';
import { formatInstructions } from '../text/units.js';
import {
  type Comparison,
  type InstructionsFinding,
  isInstructions,
} from '../verdict/comparison.js';

/** The folder next to a report with a flame graph for each metric whose count changed. */
const FLAMES = 'flames';

const FLAME_FILE = /^[a-z]+\.[a-z0-9_]+\.svg$/;

/**
 * Draws what changed in each operation that was traced, and removes the graphs of an earlier report.
 *
 * @param counted the comparison that the report was made from
 * @returns what the file system refused, one sentence; a verdict does not depend on it
 */
export async function writeFlames(
  out: string,
  { counted, findings }: Comparison,
): Promise<string[]> {
  const folder = join(out, FLAMES);
  const sides = [counted?.baseline, counted?.candidate].map((run) => run?.target.spec ?? '');
  const subtitle = sides.join(' → ');
  const graphs = findings.filter(isInstructions).flatMap((finding) => flameOf(finding, subtitle));
  const drawn = new Set<string>();
  let note: string | undefined;
  try {
    if (graphs.length > 0) await makeFolder(folder);
    for (const { name, svg } of graphs) {
      await saveFile(join(folder, name), svg);
      drawn.add(name);
    }
  } catch (error) {
    note = `Not all flame graphs could be written to ${folder} (${reasonOf(error)}): the report is whole without them.`;
  }
  await removeOthers(folder, FLAME_FILE, drawn);
  if (drawn.size === 0) await rmdir(folder).catch(() => undefined);
  return note === undefined ? [] : [note];
}

function flameOf(
  { id, operation, baseline, candidate }: InstructionsFinding,
  subtitle: string,
): { name: string; svg: string }[] {
  if (operation === undefined || baseline.status !== 'ok' || candidate.status !== 'ok') return [];
  const counts = [baseline.count, candidate.count].map(formatInstructions).join(' → ');
  const svg = flameSvg(operation.roots, {
    title: `${id}: ${counts} instructions an operation`,
    subtitle,
  });
  return [{ name: `${id}.svg`, svg }];
}
