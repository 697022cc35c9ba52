import { randomBytes } from 'node:crypto';
import type { DuetSide, Source } from '../record/run.js';
import { VERSION } from '../version.js';
import type { RunIdentity } from './collect.js';

const randomId = (): string => randomBytes(8).toString('hex');

type DuetIdentity = RunIdentity & { duet: DuetSide };

/** Names for the two runs of a duet that begins now, the baseline's first. */
export function bothIdentities(source?: Source): [DuetIdentity, DuetIdentity] {
  const id = randomId();
  return [
    { ...newIdentity(source), duet: { id, side: 'baseline' } },
    { ...newIdentity(source), duet: { id, side: 'candidate' } },
  ];
}

/** A name for a run that begins now. */
export const newIdentity = (source?: Source): RunIdentity => ({
  id: randomId(),
  startedAt: new Date().toISOString(),
  tool: VERSION,
  ...(source ? { source } : {}),
});
