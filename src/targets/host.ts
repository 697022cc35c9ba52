import { measurementFailure, usageFailure } from '../failure.js';
import { MAX_FACT, NOT_COUNTED } from '../record/facts.js';
import type { TargetRecord } from '../record/run.js';
import { kernelOptionsOf } from './kernel/options.js';
import { runningKernel } from './kernel/running.js';
import { countRunningKernel } from './kernel/running-counting.js';
import type { TargetKind, TargetTools } from './kind.js';
import type { HostSpec } from './spec.js';
import type { Target } from './target.js';
import { Refusal } from './words.js';

/**
 * `host`: this machine; results come back in shared memory. Its instructions are counted in an
 * emulator that boots the image of the running kernel, if both are at hand. Its times, its platform
 * and its settings are always those of this machine.
 */
export const hostTarget: TargetKind<HostSpec> = {
  syntax: 'host',
  counts: 'running kernel',
  parse({ input, spec, rest, options: { kernelOptions } }) {
    if (rest === undefined) return { kind: 'host', spec, options: kernelOptionsOf(kernelOptions) };
    throw usageFailure(`${input} "${spec}" has something after the word host: give host alone.`);
  },
  async open(spec, tools) {
    const { record, ...counting } = await countingOf(spec, tools);
    return {
      record: { kind: spec.kind, spec: spec.spec, ...record },
      timed: tools.evidence !== 'counted',
      ...counting,
      results: 'memory',
      start: (words) => ({ argv: [tools.probe, ...words] }),
      // Nothing from the user's environment: the initial stack must not vary with their shell.
      environment: () => ({ LC_ALL: 'C' }),
    };
  },
  again: async () => 'this machine as it was then cannot be brought back',
};

type Counted = Pick<Target, 'counting'> & { record: Omit<TargetRecord, 'kind' | 'spec'> };

/**
 * How its kernel is counted. Without a way to count it, a gate that left the choice to us goes on by
 * time, and its record says why.
 *
 * @throws Failure (measurement) if the user asked for counts and there are none
 */
async function countingOf({ spec, options }: HostSpec, tools: TargetTools): Promise<Counted> {
  const { evidence, uncounted } = tools;
  if (uncounted !== undefined) return without(uncounted, tools);
  if (evidence === 'timed') return { record: {} };
  try {
    return await countRunningKernel(options, tools.running ?? (await runningKernel()), tools);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (evidence !== 'auto') {
      throw measurementFailure(
        `The instructions of ${spec} cannot be counted, since ${error.message}: give evidence timed, or auto for counts only where they are possible.`,
      );
    }
    return without(error.message, tools);
  }
}

function without(why: string, { progress }: TargetTools): Counted {
  progress.note(`Instructions are not counted, since ${why}.`);
  return { record: { facts: { [NOT_COUNTED]: `since ${why}`.slice(0, MAX_FACT) } } };
}
