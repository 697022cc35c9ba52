import { describe, expect, test } from 'vitest';
import { makeRun, parseRun } from '../../../src/record/run.js';
import { pairedEvidence } from '../../fixtures/evidence.js';

const { candidate } = pairedEvidence();

/** A record with a number in every place that there is. */
const RUN: unknown = JSON.parse(
  JSON.stringify(
    makeRun({
      ...candidate,
      source: {
        ...{ repository: 'octo/repo', branch: 'main', event: 'push', commit: 'feed' },
        ...{ runId: 7, runAttempt: 1 },
      },
      metrics: [
        ...candidate.metrics.map((metric) => ({
          ...{ ...metric, leastMargin: 0.05, entries: 2, switches: 1, bytes: 4096 },
          ...(metric.status === 'ok' && metric.unit !== 'count'
            ? { contended: 1, details: { segments_per_op: 2 } }
            : {}),
        })),
        {
          ...{ id: 'exact.calls', version: 1, gate: true, status: 'ok', unit: 'count' },
          counts: [{ sequence: 1, count: 2, agreeing: 3, counts: 3 }],
          details: { segments_per_op: 2 },
        },
        {
          ...{ id: 'sendfile.tcp_4k', version: 1, gate: true, status: 'denied' },
          reason: { operation: 'socket()', errno: 13, message: 'Permission denied' },
        },
      ],
      tails: {
        timer: { status: 'ok', name: 'rdtsc', hz: 2.5e9, stepNs: 0.4, costNs: 20 },
        counters: { status: 'ok' },
        metrics: [
          {
            ...{ id: 'syscall.null', operations: 1, samples: 10_000, counters: { cycles: 300 } },
            ...{ p50Ns: 90, p99Ns: 110, p999Ns: 900, maxNs: 9000 },
          },
        ],
      },
    }),
  ),
);

/** Every place in a record that holds a number; of launches and replicates the first says enough. */
function numericPlaces(value: unknown): string[][] {
  if (typeof value === 'number') return [[]];
  if (typeof value !== 'object' || value === null) return [];
  const alike = Array.isArray(value) && value.length > 5;
  const entries = alike ? [[0, value[0]] as const] : Object.entries(value);
  return entries.flatMap(([key, child]) =>
    numericPlaces(child).map((path) => [String(key), ...path]),
  );
}

const MARK = 'the-number-is-here';

/** The record's text with something else in one place; JSON.stringify cannot write 1e999. */
function withText(path: readonly string[], text: string): string {
  const copy = structuredClone(RUN);
  let at = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1) ?? ''] = MARK;
  return JSON.stringify(copy).replace(`"${MARK}"`, text);
}

/** What an operation takes, how often something is done, a definition: none of that is ever 0. */
const POSITIVE = new Set([
  ...['version', 'catalogue', 'cpuCount', 'roundsPerLaunch', 'batchesPerRound', 'batchNs'],
  ...['estimateNs', 'controlNs', 'leastMargin', 'contended', 'agreeing', 'counts'],
  ...['hz', 'operations'],
]);

describe('every number of a run record', () => {
  const places = numericPlaces(RUN);
  const refuse = (path: readonly string[], text: string): void => {
    const parse = parseRun(withText(path, text));
    expect(parse.ok, path.join('.')).toBe(false);
    if (!parse.ok) expect(parse.reason).toMatch(/^[^\n]{1,300}$/);
  };

  test.each(['null', '1e999', '-1e999', '-1', '"5"', 'NaN', '[]'])(
    'is refused as %s in one clause, and never by an exception',
    (text) => {
      expect(places.length).toBeGreaterThan(60);
      for (const path of places) refuse(path, text);
    },
  );

  test.each(['0', '1e-999'])('is refused as %s where only more than 0 makes sense', (text) => {
    const positive = places.filter((path) => POSITIVE.has(path.at(-1) ?? ''));
    expect(new Set(positive.map((path) => path.at(-1)))).toEqual(POSITIVE);
    for (const path of positive) refuse(path, text);
  });
});
