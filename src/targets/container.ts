import type { ContainerSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import type { TargetKind } from './kind.js';

/** `container:IMAGE [options]`. */
export const containerTarget: TargetKind<ContainerSpec> = {
  syntax: 'container:IMAGE [engine options]',
  parse({ input, spec }) {
    throw usageFailure(`${input} "${spec}" is of the kind container, which cannot be used yet.`);
  },
  open: () => Promise.reject(new Error('no containers')),
};
