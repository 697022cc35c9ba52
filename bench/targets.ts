// What a start costs in each kind of target, compared with the same start without this tool: npm run bench:targets.
import { Command } from 'commander';
import { prepareBench } from '#src/measure/bench.js';
import { VERSION } from '#src/version.js';
import { numberFrom } from './number-option.ts';
import { resultPath, writeResult } from './results.ts';
import { runBench, thisMachine } from './run.ts';
import { SILENT } from './silent.ts';
import { withImage } from './targets/image.ts';
import { kindsOf } from './targets/kinds.ts';
import { type TimedKind, timeStarts } from './targets/starts.ts';

interface Options {
  starts: number;
  containerEngine: string;
  containerOptions: string[];
  out?: string;
}

const also = (text: string, before: readonly string[]): string[] => [...before, text];

const options = new Command('bench:targets')
  .description('Times starts of the probe in each kind of target, in turn with those of a peer.')
  .option('--starts <count>', 'of each kind and peer', numberFrom(4), 20)
  .option('--container-engine <name>', 'docker or podman, by name or path', 'docker')
  .option('--container-options <words>', 'of the engine; once for each kind of container', also, [])
  .option('--out <file>', 'where the result goes')
  .parse()
  .opts<Options>();

async function run(signal: AbortSignal, folder: string): Promise<void> {
  const startedAt = new Date();
  const { starts, containerEngine: engine } = options;
  const containerOptions = options.containerOptions.length > 0 ? options.containerOptions : [''];
  const plan = { metrics: ['syscall.null'], margins: [], seed: 1 };
  const bench = await prepareBench(plan, { signal, progress: SILENT });
  const kinds = await withImage(engine, folder, (image) =>
    timeStarts({ bench, engine, folder, starts }, kindsOf({ engine, image, containerOptions })),
  );
  const host = kinds.find(({ spec }) => spec === 'host');
  const result = {
    ...{ schema: 'syscall-gate/targets', version: 1, tool: VERSION },
    ...{ startedAt: startedAt.toISOString(), starts, machine: thisMachine() },
    kinds: kinds.map((kind) => ({ ...kind, ...beside(kind, host) })),
  };
  process.stdout.write(`${result.kinds.map(line).join('\n')}\n`);
  const path = options.out ?? resultPath('targets', startedAt);
  await writeResult(path, result);
  process.stderr.write(`written to ${path}\n`);
}

interface Beside {
  /** What the kind adds to a start on the host, medians in ms. */
  addsMs?: number;
  /** Ratio of the medians: ours to the peer's. */
  ratio?: number;
}

const beside = ({ ours, peer }: TimedKind, host: TimedKind | undefined): Beside => ({
  ...(host ? { addsMs: Number((ours.medianMs - host.ours.medianMs).toPrecision(4)) } : {}),
  ...(peer ? { ratio: Number((ours.medianMs / peer.medianMs).toPrecision(3)) } : {}),
});

function line({ spec, ours, peer, addsMs, ratio }: TimedKind & Beside): string {
  const own = `${spec}: a start takes ${ours.medianMs} ms, ${addsMs} ms more than on the host`;
  return peer ? `${own}; ${peer.command}: ${peer.medianMs} ms, ratio ${ratio}` : own;
}

await runBench('targets-bench', run);
