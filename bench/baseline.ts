// Says how well stored runs judge: npm run bench:baseline.
import { Command } from 'commander';
import { VERSION } from '#src/version.js';
import { collect } from './baseline/collect.ts';
import { render } from './baseline/print.ts';
import { readRecords } from './baseline/records.ts';
import { type Baseline, judgeSeries } from './baseline/result.ts';
import { numberFrom } from './number-option.ts';
import { resultPath, writeResult } from './results.ts';
import { runBench } from './run.ts';

interface Options {
  records: string[];
  collect?: number;
  every: number;
  out?: string;
}

const { records, collect: minutes, every, out } = readOptions();

const [folder = '', ...others] = records;
if (minutes === undefined) {
  await judge();
} else if (others.length > 0) {
  throw new Error('Records are collected in one folder: give only one.');
} else {
  await runBench('baseline', (signal, temporary) =>
    collect({ minutes, records: folder, folder: temporary, signal }),
  );
}

async function judge(): Promise<void> {
  const startedAt = new Date();
  const all = await Promise.all(records.map(readRecords));
  const result: Baseline = {
    ...{ schema: 'syscall-gate/baseline', version: 2, tool: VERSION },
    ...{ startedAt: startedAt.toISOString(), every },
    series: all.map((one) =>
      judgeSeries(one, every, (words) => process.stderr.write(`${words}\n`)),
    ),
  };
  process.stdout.write(render(result));
  await writeResult(out ?? resultPath('baseline', startedAt), result);
}

function readOptions(): Options {
  return new Command('bench:baseline')
    .description('Judges runs by the runs stored before them, by this tool’s rule and by others.')
    .requiredOption('--records <folders...>', 'records, in the folders unchanged and slowed')
    .option('--collect <minutes>', 'measures gates and stores their records', numberFrom(1))
    .option('--every <n>', 'changes single metrics in every n-th unchanged run', numberFrom(1), 4)
    .option('--out <file>', 'where the result goes')
    .showHelpAfterError()
    .parse()
    .opts<Options>();
}
