// Compares our times with what other tools measure for the same operations: npm run bench:fidelity.
import { Command } from 'commander';
import picomatch from 'picomatch';
import { median } from 'simple-statistics';
import type { Bench } from '#src/measure/launch.js';
import type { Environment } from '#src/probe/lines.js';
import { formatNs, formatRatio } from '#src/text/units.js';
import { VERSION } from '#src/version.js';
import { judgeGoals } from './fidelity/goals.ts';
import { prepareOurs, timePasses } from './fidelity/ours.ts';
import type { Host, Pair } from './fidelity/peer.ts';
import { PEERS } from './fidelity/peers/index.ts';
import { render } from './fidelity/print.ts';
import type { Fidelity, Machine } from './fidelity/record.ts';
import { measureBusy, measureQuiet } from './fidelity/rounds.ts';
import { numberFrom } from './number-option.ts';
import { resultPath, writeResult } from './results.ts';
import { runBench } from './run.ts';

interface Options {
  launches: number;
  seconds: number;
  pairs?: string;
  neighbour: boolean;
  out?: string;
}

const PASSES = 5;

/** Fewer launches have no spread. */
const MIN_LAUNCHES = 2;

const options = new Command('bench:fidelity')
  .description(
    'Compares the probe with perf, stress-ng, will-it-scale (WILL_IT_SCALE_DIR) and LMbench (LMBENCH_DIR).',
  )
  .option('--launches <count>', 'launches of each side', numberFrom(MIN_LAUNCHES), 10)
  .option('--seconds <seconds>', 'that a launch is to take', numberFrom(0.1), 0.5)
  .option('--pairs <glob>', 'only metrics that match, such as "syscall.*" or "perf:*"')
  .option('--no-neighbour', 'leave out the rounds beside a busy neighbour')
  .option('--out <file>', 'where the result goes (with --pairs: nowhere unless told)')
  .parse()
  .opts<Options>();

async function run(signal: AbortSignal, folder: string): Promise<void> {
  const startedAt = new Date();
  const bench = await prepareOurs(signal);
  const passes = await timePasses(bench, PASSES);
  const host: Host = { cpu: bench.plan.cpu, folder, signal };
  const measured = await measurePeers(bench, host);
  const passSeconds = median(passes.seconds);
  const fidelity: Fidelity = {
    ...{ schema: 'syscall-gate/fidelity', version: 1, tool: VERSION },
    ...{ startedAt: startedAt.toISOString(), launches: options.launches },
    ...{ seconds: options.seconds, cpu: host.cpu, machine: machineOf(passes.environment) },
    ...measured,
    pass: { metrics: passes.metrics, medianSeconds: passSeconds },
    goals: judgeGoals(measured.pairs, passSeconds),
  };
  process.stdout.write(`${render(fidelity)}\n`);
  const path =
    options.out ?? (options.pairs === undefined ? resultPath('fidelity', startedAt) : undefined);
  if (path === undefined) return;
  await writeResult(path, fidelity);
  process.stderr.write(`written to ${path}\n`);
}

type Measured = Pick<Fidelity, 'peers' | 'pairs' | 'skipped'>;

async function measurePeers(bench: Bench, host: Host): Promise<Measured> {
  const measured: Measured = { peers: [], pairs: [], skipped: [] };
  for (const { name, find } of PEERS) {
    const found = await find(host);
    if ('absent' in found) {
      measured.peers.push({ name, absent: found.absent });
      continue;
    }
    measured.peers.push({ name, version: found.version });
    for (const pair of found.pairs.filter((each) => isWanted(name, each))) {
      await measurePair(bench, host, name, pair, measured);
    }
  }
  return measured;
}

function isWanted(peer: string, { ourMetric }: Pair): boolean {
  const { pairs: glob } = options;
  const names = [ourMetric, `${peer}:${ourMetric}`];
  return glob === undefined || names.some((name) => picomatch.isMatch(name, glob));
}

/** If one pair cannot be measured, the others go on. */
async function measurePair(
  bench: Bench,
  host: Host,
  peer: string,
  pair: Pair,
  measured: Measured,
): Promise<void> {
  const { launch, ...names } = pair;
  try {
    const metric = bench.plan.metrics.find(({ id }) => id === pair.ourMetric);
    if (metric === undefined) throw new Error('the catalogue has no such metric');
    const { launches, seconds } = options;
    const order = { bench, host, metric, pair, launches, seconds };
    const quiet = await measureQuiet(order);
    const busy = options.neighbour ? { busy: await measureBusy(order) } : {};
    measured.pairs.push({ peer, ...names, quiet, ...busy });
    process.stderr.write(
      `${pair.ourMetric}: ${formatNs(quiet.ours.medianNs)}, ${pair.theirOperation}: ${formatNs(quiet.theirs.medianNs)}, ${formatRatio(quiet.ratio.estimate)}\n`,
    );
  } catch (error) {
    host.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    const { ourMetric, theirOperation } = pair;
    measured.skipped.push({ ourMetric, peer, theirOperation, why });
    process.stderr.write(`${ourMetric}, ${theirOperation}: skipped, ${why}\n`);
  }
}

const machineOf = ({ platform, subject }: Environment): Machine => ({
  cpuModel: platform.cpuModel,
  cpuCount: platform.cpuCount,
  architecture: platform.architecture,
  hypervisor: platform.hypervisor,
  kernelRelease: subject.kernelRelease,
});

await runBench('fidelity', run);
