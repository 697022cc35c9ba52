import { randomBytes } from 'node:crypto';
import type { PairedSide, Source } from '../record/run.js';
import { VERSION } from '../version.js';
import type { RunIdentity } from './collect.js';

const randomId = (): string => randomBytes(8).toString('hex');

type PairedIdentity = RunIdentity & { paired: PairedSide };

/** Names for the two runs of a paired comparison that begins now, the baseline's first. */
export function bothIdentities(source?: Source): [PairedIdentity, PairedIdentity] {
  const id = randomId();
  return [
    { ...newIdentity(source), paired: { id, side: 'baseline' } },
    { ...newIdentity(source), paired: { id, side: 'candidate' } },
  ];
}

/** A name for a run that begins now. */
export const newIdentity = (source?: Source): RunIdentity => ({
  id: randomId(),
  startedAt: new Date().toISOString(),
  tool: VERSION,
  ...(source ? { source } : {}),
});
