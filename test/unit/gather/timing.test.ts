import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.js';
import { type Timing, timeAgainst, timeBoth, timeItself } from '../../../src/gather/timing.js';
import { bothIdentities, newIdentity } from '../../../src/measure/identity.js';
import { KERNEL_DEFAULTS } from '../../../src/targets/kernel/options.js';
import type { Evidence } from '../../../src/verdict/evidence.js';
import { compare } from '../../../src/verdict/evidence.js';
import {
  type Asked,
  entryOf,
  type Machine,
  simulatedBench,
  targetOf,
} from '../../fixtures/simulated-bench.js';
import { SILENT } from '../../fixtures/targets.js';

const HOST = { kind: 'host', spec: 'host', options: KERNEL_DEFAULTS } as const;
const METRICS = [entryOf('syscall.null'), entryOf('syscall.stat')];
const SIDES = { baseline: targetOf('A'), candidate: targetOf('B') };
const SETTINGS = { alpha: 0.01, margins: [] };
const DURATION_MS = 2000;

function timing(machine: Machine) {
  const simulated = simulatedBench(METRICS, machine);
  const told: string[] = [];
  const tell = (sentence: string): number => told.push(sentence);
  const progress = { ...SILENT, phase: tell, note: tell };
  const config: Config = {
    ...{ candidate: HOST, baseline: HOST },
    ...{ durationMs: DURATION_MS, metrics: [], ...SETTINGS, failOn: 'regression' },
    ...{ evidence: 'timed', out: '/nonexistent', seed: 1, history: 20, keepKernel: false },
  };
  const begin = simulated.now();
  const given: Timing = { config, bench: simulated.bench, progress };
  return { given, asked: simulated.asked, told, passedMs: () => simulated.now() - begin };
}

const verdicts = (evidence: Evidence) =>
  compare(evidence, SETTINGS).findings.map(({ id, verdict }) => [id, verdict]);

const stored = { runs: [], skipped: ['a was passed over.'], origin: 'the folder runs' };

describe('both sides in turn', () => {
  const slower: Machine = {
    ns: (id, { program }) => (program === 'B' && id === 'syscall.stat' ? 110 : 100),
  };

  test('confirm what the screen flags, and nothing else, on fresh launches', async () => {
    const { given, asked, told } = timing(slower);
    const evidence = await timeBoth(given, SIDES, bothIdentities());
    expect(verdicts(evidence)).toEqual([
      ['syscall.null', 'unchanged'],
      ['syscall.stat', 'regressed'],
    ]);
    expect(told.at(-1)).toBe('Confirm 1 flagged metric on fresh launches');
    const confirmed = [evidence.baseline, evidence.candidate].flatMap(({ launches }) =>
      launches.flatMap(({ phase, sequence }) => (phase === 'confirm' ? [sequence] : [])),
    );
    const first = Math.min(...confirmed);
    // The pass for tails takes a launch of each side, so that a launch's number is its place.
    const confirming = asked.filter(({ index }) => index >= first);
    expect(confirming).toHaveLength(confirmed.length);
    for (const { rounds } of confirming) expect([...rounds.keys()]).toEqual(['syscall.stat']);
  });

  test('confirm nothing where nothing is flagged, and are done before their time', async () => {
    const { given, told, passedMs } = timing({});
    const evidence = await timeBoth(given, SIDES, bothIdentities());
    expect(evidence.candidate.launches.some(({ phase }) => phase === 'confirm')).toBe(false);
    expect(told.join()).not.toContain('Confirm');
    expect(passedMs()).toBeLessThanOrEqual(0.8 * DURATION_MS);
  });

  test('are warmed up, then timed operation by operation, then screened', async () => {
    const { given } = timing({});
    const { baseline, candidate, design } = await timeBoth(given, SIDES, bothIdentities());
    expect(design).toBe('paired');
    for (const run of [baseline, candidate]) {
      const phases = run.launches.map(({ phase }) => phase);
      expect(phases.slice(0, 4)).toEqual(['warm-up', 'warm-up', 'tails', 'screen']);
      expect(run.tails?.metrics).toHaveLength(METRICS.length);
    }
    expect([baseline.duet?.side, candidate.duet?.side]).toEqual(['baseline', 'candidate']);
    expect(candidate.duet?.id).toBe(baseline.duet?.id);
  });

  test('are called changed for nothing that comes back every fourth launch', async () => {
    // A wave of 3 % as long as a round: with one and the same order in each round, the peaks would
    // meet one side only, and more than half of such gates would call a change.
    for (const begin of [-0.5, 0.5, 1.5]) {
      const wave = ({ index }: Asked): number =>
        1 + 0.03 * Math.sin((Math.PI * (index + begin)) / 2);
      const { given } = timing({ ns: (_, asked) => 100 * wave(asked) });
      const evidence = await timeBoth(given, SIDES, bothIdentities());
      for (const [, verdict] of verdicts(evidence)) {
        expect(['unchanged', 'inconclusive']).toContain(verdict);
      }
    }
  });
});

test('a candidate that is held against stored runs has all the time for itself', async () => {
  const { given, asked, told, passedMs } = timing({});
  const own = newIdentity();
  const evidence = await timeAgainst(given, SIDES.candidate, stored, own);
  expect(evidence).toMatchObject({ design: 'stored', stored, candidate: { id: own.id } });
  expect(asked.every(({ program }) => program === 'B')).toBe(true);
  expect(evidence.candidate.launches).toHaveLength(asked.length);
  expect(told).toContain('Measure, to compare with the folder runs');
  expect(passedMs()).toBeGreaterThan(0.95 * DURATION_MS);
  expect(passedMs()).toBeLessThanOrEqual(DURATION_MS);
});

test('a candidate without anything to compare with is compared with itself', async () => {
  const { given, asked, told, passedMs } = timing({});
  const own = newIdentity();
  const evidence = await timeItself(given, SIDES.candidate, stored, own);
  const { before, after, candidate, skipped } = evidence;
  expect(skipped).toEqual(stored.skipped);
  expect([before.duet?.side, after.duet?.side]).toEqual(['baseline', 'candidate']);
  expect(candidate).toMatchObject({ id: own.id, target: { spec: 'B' } });
  expect(candidate.duet).toBeUndefined();
  expect(before.launches.length + after.launches.length).toBe(asked.length);
  expect(candidate.launches).toHaveLength(asked.length);
  expect(told).toContain(
    'There is no earlier run in the folder runs, so the candidate is measured against itself, which shows what this machine can tell apart.',
  );
  expect(passedMs()).toBeGreaterThan(0.95 * DURATION_MS);
});

test('the level and the margins of the gate say what the time is to buy', async () => {
  const { given, told } = timing({});
  const margins = [{ glob: '*', ratio: 0.2 }];
  const lenient = { ...given, config: { ...given.config, margins } };
  await timeBoth(lenient, SIDES, bothIdentities());
  const strict = timing({});
  await timeBoth(strict.given, SIDES, bothIdentities());
  const caught = (all: string[]): number =>
    Number(/change of ([\d.]+) %/.exec(all.find((one) => one.startsWith('Planned')) ?? '')?.[1]);
  expect(caught(told)).toBeGreaterThanOrEqual(20);
  expect(caught(strict.told)).toBeGreaterThanOrEqual(2);
  expect(caught(strict.told)).toBeLessThan(3);
});
