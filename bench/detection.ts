// Measures false alarms and missed changes of the gate on this machine: npm run bench:detection.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { VERSION } from '#src/version.js';
import { MARGIN, type Order, prepareCollector } from './detection/collect.ts';
import { appendGate, type Condition, readGates } from './detection/gates.ts';
import { render } from './detection/print.ts';
import { summarise } from './detection/result.ts';
import { prepareOurs, timePasses } from './fidelity/ours.ts';
import { numberFrom } from './number-option.ts';
import { resultPath, writeResult } from './results.ts';
import { runBench } from './run.ts';

const DEFAULT_DATA = join(import.meta.dirname, '..', '.detection', 'gates.jsonl');

interface CollectOptions {
  minutes: number;
  beside?: string;
  only?: string;
  data: string;
}

const NOTHING: Condition = { name: 'nothing changed', filters: 0, neighbour: false };
const BUSY: Condition = { name: 'nothing changed, busy neighbour', filters: 0, neighbour: true };
const slowed = (filters: number, neighbour: boolean): Condition => ({
  name: `${filters} ${filters === 1 ? 'filter' : 'filters'}${neighbour ? ', busy neighbour' : ''}`,
  filters,
  neighbour,
});

const real = (condition: Condition, budget: number): Order => ({
  ...{ condition, budget, confirmed: 'flagged' },
});
const thorough = (condition: Condition, budget: number): Order => ({
  ...{ condition, budget, confirmed: 'all' },
});
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

/** Most gates have no change, because false alarms are rare and counting them takes many. */
const TURN: readonly Order[] = [
  thorough(NOTHING, 30),
  ...times(8, real(NOTHING, 30)),
  ...times(3, real(NOTHING, 10)),
  real(slowed(1, false), 10),
  ...times(8, real(NOTHING, 30)),
  real(BUSY, 30),
  thorough(NOTHING, 30),
  real(slowed(1, true), 30),
  ...times(3, real(NOTHING, 10)),
  real(slowed(4, false), 10),
];

/** Long gates run only once in several turns. */
const SELDOM = 3;
const LONG: readonly Order[] = [thorough(NOTHING, 60), thorough(BUSY, 30), thorough(NOTHING, 10)];

/** Orders of one kind, for a short quiet period: for the power of every metric, or real slowdowns. */
const ALONE: Readonly<Record<string, readonly Order[]>> = {
  power: [...times(5, thorough(NOTHING, 30)), thorough(NOTHING, 60)],
  injected: [real(slowed(1, false), 10), real(slowed(4, false), 10), real(slowed(1, true), 30)],
};

/** The orders in turn, forever. */
function* orders(alone: readonly Order[] | undefined): Generator<Order> {
  for (let turn = 0; ; turn++) {
    if (alone !== undefined) {
      yield* alone;
      continue;
    }
    yield* TURN;
    if (turn % SELDOM === 0) yield* LONG;
  }
}

const collect = ({ minutes, beside, only = '', data }: CollectOptions): Promise<void> =>
  runBench('detection', async (signal, folder) => {
    await mkdir(join(data, '..'), { recursive: true });
    const collector = await prepareCollector(signal, folder);
    const end = performance.now() + minutes * 60_000;
    for (const order of orders(ALONE[only])) {
      if (performance.now() >= end) break;
      const { name: planned } = order.condition;
      const name = beside === undefined ? planned : `${planned}, beside ${beside}`;
      const condition = { ...order.condition, name };
      await appendGate(data, await collector.measure({ ...order, condition }));
      process.stderr.write(`${name}, ${order.budget} s, ${order.confirmed} confirmed\n`);
    }
  });

interface JudgeOptions {
  data: string[];
  out?: string;
}

async function judge({ data, out }: JudgeOptions): Promise<void> {
  const startedAt = new Date();
  const gates = (await Promise.all(data.map(readGates))).flat();
  if (gates.length === 0)
    throw new Error(`There are no gates in ${data.join(', ')}: collect some first.`);
  const bench = await prepareOurs(new AbortController().signal);
  const margins = new Map(
    bench.plan.metrics.map((metric) => [
      metric.id,
      Math.max(MARGIN, metric.leastMarginPercent / 100),
    ]),
  );
  const { environment } = await timePasses(bench, 1);
  const { cpuModel, cpuCount, hypervisor } = environment.platform;
  const detection = summarise(gates, (id) => margins.get(id) ?? MARGIN, {
    ...{ tool: VERSION, startedAt: startedAt.toISOString() },
    machine: { cpuModel, cpuCount, hypervisor, kernelRelease: environment.subject.kernelRelease },
  });
  process.stdout.write(render(detection));
  await writeResult(out ?? resultPath('detection', startedAt), detection);
}

const program = new Command('bench:detection')
  .description('Measures gates whose true change is known, and says how often each rule is wrong.')
  .showHelpAfterError();

program
  .command('collect')
  .description('measures gates, and adds them to the collection')
  .option('--minutes <minutes>', 'for how long', numberFrom(1), 60)
  .option('--beside <what>', 'what else the machine does meanwhile; is stored with the gates')
  .addOption(new Option('--only <kind>', 'gates of one kind').choices(Object.keys(ALONE)))
  .option('--data <file>', 'the collection', DEFAULT_DATA)
  .action(collect);

program
  .command('judge')
  .description('says what the collected gates show, and writes it to bench/results')
  .option('--data <files...>', 'the collections', [DEFAULT_DATA])
  .option('--out <file>', 'where the result goes')
  .action(judge);

await program.parseAsync();
