import { measurementFailure, usageFailure } from '../failure.js';
import { MAX_FACT } from '../record/facts.js';
import { targetSchema } from '../record/run.js';
import { shellWord } from '../text/escape.js';
import { Containers } from './container/containers.js';
import { type Engine, findEngine, runtimeText } from './container/engine.js';
import { EngineError } from './container/errors.js';
import { findImage } from './container/image.js';
import { optionValue, splitImage } from './container/options.js';
import { profileText } from './container/seccomp.js';
import { withoutSecrets } from './environment.js';
import type { TargetKind, TargetTools } from './kind.js';
import type { ContainerSpec } from './spec.js';
import type { Target } from './target.js';
import { Refusal } from './words.js';

const MAX_SPEC = targetSchema.shape.spec.maxLength ?? 0;

/**
 * `container:IMAGE [engine options]`: each launch is a new container. It runs this machine's probe,
 * mounted read-only, as its entry point. The probe is static, so it needs nothing from the image
 * and runs no program in it. What follows the image is passed to the engine's `run` unchanged.
 */
export const containerTarget: TargetKind<ContainerSpec> = {
  syntax: 'container:IMAGE [engine options]',
  parse({ input, spec, rest = '', options: { containerEngine } }) {
    try {
      if (spec.length > MAX_SPEC) throw new Refusal(`it is longer than ${MAX_SPEC} characters`);
      return { kind: 'container', spec, ...splitImage(rest), engine: containerEngine };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw usageFailure(`${input} "${spec.slice(0, 200)}" cannot be run: ${error.message}.`);
    }
  },
  async open(spec, tools) {
    const engine = await findEngine(spec.engine, tools.signal);
    try {
      return await openContainers(spec, engine, tools);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw measurementFailure(
        `${spec.spec} cannot be measured with ${engine.program}, because ${error.message}.`,
        error,
      );
    }
  },
  async again({ target }, rest, now, tools) {
    const digest = target.facts?.['image'];
    if (digest === undefined) return 'its record does not say which image it was';
    try {
      const { options } = splitImage(rest);
      const spec = `container:${[digest, options.map(shellWord).join(' ')].join(' ').trim()}`;
      const again: ContainerSpec = {
        kind: 'container',
        spec,
        image: digest,
        options,
        engine: now.engine,
      };
      await findImage(await findEngine(now.engine, tools.signal), again, tools);
      return again;
    } catch (error) {
      if (error instanceof EngineError || error instanceof Refusal) {
        return `its image ${digest} cannot be had any more, because ${error.message}`;
      }
      throw error;
    }
  },
};

async function openContainers(
  spec: ContainerSpec,
  engine: Engine,
  tools: TargetTools,
): Promise<Target> {
  const { signal } = tools;
  const image = await findImage(engine, spec, tools);
  const runtime = await runtimeText(engine, optionValue(spec.options, '--runtime'), signal);
  const containers = new Containers(engine, image, spec.options, tools);
  await containers.tryOut();
  return {
    record: {
      ...{ kind: spec.kind, spec: spec.spec },
      facts: bounded({
        engine: `${engine.brand} ${engine.version}${engine.rootless ? ', rootless' : ''}`,
        image: image.digest,
        platform: image.platform,
        runtime,
        seccomp: await profileText(spec.options),
      }),
    },
    timed: true,
    results: 'stdout',
    start: (words) => containers.start(words),
    environment: withoutSecrets,
    explain: (result) => containers.explain(result),
    close: () => containers.close(),
  };
}

/** Cuts facts to the length that a record may hold: a runtime may be a long path. */
const bounded = (facts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, text.slice(0, MAX_FACT)]));
