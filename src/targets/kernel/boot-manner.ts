import type { Architecture } from '../../probe/architecture.js';
import { withoutSecrets } from '../environment.js';
import type { KernelOptions } from '../spec.js';
import type { LaunchManner } from '../target.js';
import { explainBoot } from './console.js';
import { EMULATORS } from './qemu.js';

/** A CPU of the guest, whatever CPU the launch is pinned to here. */
const FIRST_CPU = 0;

/** How boots of a kernel in QEMU are launched and read, whichever accelerator runs them. */
export function bootManner(
  architecture: Architecture,
  { deadlineMs }: Pick<KernelOptions, 'deadlineMs'>,
): LaunchManner {
  const { consoleOption } = EMULATORS[architecture];
  return {
    results: 'stdout',
    cpu: FIRST_CPU,
    startDeadlineMs: deadlineMs,
    environment: withoutSecrets,
    explain: ({ results, stderr, timedOut }) =>
      explainBoot({
        console: results.toString('latin1'),
        ...{ stderr, timedOut, deadlineMs, consoleOption, verbose: false },
      }),
  };
}
