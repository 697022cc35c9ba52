import { runPinned } from '../../process.ts';
import type { Host, Pair, Peer } from '../peer.ts';
import { readNumber } from './report.ts';

/**
 * Most stressors do several things in an operation: --get reads twenty things, --null also seeks and
 * fails on purpose, --eventfd adds reads that are too small, --fork gives the child a session, and
 * --switch blocks a writer and a reader once for each message in one direction. --syscall times each
 * call with its preparations. These two do what the probe does.
 */
const PAIRS: readonly Pair[] = [
  {
    ourMetric: 'clock.vdso_monotonic',
    theirOperation: 'stress-ng --vdso --vdso-func clock_gettime',
    includes: 'its own loop is subtracted',
    async launch(host, seconds) {
      const report = await run(host, seconds, ['--vdso', '1', '--vdso-func', 'clock_gettime']);
      return readNumber(report, /vdso +([\d.]+) nanosec\w* per call/);
    },
  },
  {
    ourMetric: 'context.yield_2p',
    theirOperation: 'stress-ng --yield',
    includes: 'two clock readings a yield; no SCHED_BATCH',
    async launch(host, seconds) {
      const report = await run(host, seconds, ['--yield', '1']);
      return 1e9 / readNumber(report, /yield +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +([\d.]+)/);
    },
  },
];

export const stressNg: Peer = {
  name: 'stress-ng',
  async find(host) {
    try {
      const { stdout } = await runPinned(host, { argv: ['stress-ng', '--version'] });
      return { version: /version ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown', pairs: PAIRS };
    } catch (error) {
      host.signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      return { absent: `stress-ng does not run (${why})` };
    }
  },
};

/** It takes whole seconds. */
async function run(host: Host, seconds: number, stressor: readonly string[]): Promise<string> {
  const timeout = [
    '--timeout',
    String(Math.ceil(seconds)),
    '--metrics',
    '--temp-path',
    host.folder,
  ];
  const { stdout, stderr } = await runPinned(host, {
    argv: ['stress-ng', ...stressor, ...timeout],
  });
  return stdout + stderr;
}
