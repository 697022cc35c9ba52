import type { Block } from '../report/blocks.js';
import type { Part, PartName } from '../report/parts.js';

/** Where a part goes: shown, folded away under a title, or left out. */
export type Placement = 'open' | 'left out' | { folded: string };

/** Blocks that stand together: shown, or folded away under one title. */
interface Arranged {
  folded?: string;
  blocks: Block[];
}

/** Puts the parts in their places. Folded parts come last, one fold for each title. */
export function arrange(parts: readonly Part[], places: Record<PartName, Placement>): Arranged[] {
  const open: Arranged[] = [];
  const folds = new Map<string, Arranged>();
  for (const { name, blocks } of parts) {
    const place = places[name];
    if (place === 'left out') continue;
    if (place === 'open') {
      open.push({ blocks });
      continue;
    }
    const fold = folds.get(place.folded) ?? { folded: place.folded, blocks: [] };
    fold.blocks.push(...blocks);
    folds.set(place.folded, fold);
  }
  const titles = Object.values(places).flatMap((place) =>
    typeof place === 'string' ? [] : [place.folded],
  );
  const folded = [...new Set(titles)].flatMap((title) => folds.get(title) ?? []);
  return [...open, ...folded];
}
