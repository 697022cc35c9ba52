import type { KernelSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import type { TargetKind } from './kind.js';

/** `kernel:PATH [kernel command line]`. */
export const kernelTarget: TargetKind<KernelSpec> = {
  syntax: 'kernel:PATH [kernel command line]',
  parse({ input, spec }) {
    throw usageFailure(`${input} "${spec}" is of the kind kernel, which cannot be used yet.`);
  },
  open: () => Promise.reject(new Error('no kernels')),
};
