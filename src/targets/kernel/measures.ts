import type { EvidenceChoice } from '../spec.js';
import type { Accelerator } from './qemu.js';

/**
 * What a kernel is measured by. Left to itself it is counted, which no neighbour disturbs. It is timed
 * as well where it runs on the processor itself: an emulator's times are its own.
 */
export const isTimed = (choice: EvidenceChoice, accelerator: Accelerator): boolean =>
  choice === 'auto' ? accelerator === 'kvm' : choice !== 'counted';

export const isCounted = (choice: EvidenceChoice): boolean => choice !== 'timed';
