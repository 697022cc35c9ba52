import { describe, expect, test } from 'vitest';
import { makeRun, type Run } from '../../../src/record/run.js';
import { renderCrossing } from '../../../src/render/terminal.js';
import { crossingOf } from '../../../src/report/crossing.js';
import { syntheticRun } from '../../fixtures/runs.js';

const NS: Record<string, number> = {
  'syscall.null': 80,
  'context.pipe_self': 310,
  'context.pipe_2p_0k': 1100,
  'host.switches_per_second': 1000,
  'sendfile.tcp_4k_cork_header': 6500,
  'sendfile.tcp_4k_more_header': 6100,
  'sendfile.tcp_4k_copy': 5800,
};

/** A run that holds some of those, with the segments and entries that the probe would note. */
function runOf(ids: readonly string[]): Run {
  const shapes = ids.map((id) => ({ id, ns: NS[id] ?? 1, noise: 0 }));
  const { metrics, ...run } = syntheticRun({ metrics: shapes, screen: [0, 1], seed: 1 });
  return makeRun({
    ...run,
    metrics: metrics.map((metric) =>
      metric.id.startsWith('sendfile.')
        ? { ...metric, entries: 5, details: { segments_per_op: 1 } }
        : metric,
    ),
  });
}

describe('the crossing of a run', () => {
  test('is two calls and a switch, and every strategy that was measured, the quickest first', () => {
    const crossing = crossingOf(runOf(Object.keys(NS)));
    expect(crossing?.switchesPerSecond).toBeCloseTo(1e9 / 1100);
    expect(crossing?.hostSwitchesPerSecond).toBeCloseTo(1e6);
    const [small] = crossing?.transfers ?? [];
    expect(small?.strategies.map(({ id }) => id)).toEqual([
      'sendfile.tcp_4k_copy',
      'sendfile.tcp_4k_more_header',
      'sendfile.tcp_4k_cork_header',
    ]);
    expect(small?.strategies[0]).toMatchObject({ entries: 5, segments: 1 });
  });

  test('prices one call for header and file at three calls less than TCP_CORK', () => {
    const [small] = crossingOf(runOf(Object.keys(NS)))?.transfers ?? [];
    expect(small?.oneCall?.savedNs).toBeCloseTo(240);
    expect(small?.oneCall?.share).toBeCloseTo(240 / 6500);
  });

  test('does without what could not be measured, but not without the switch', () => {
    const small = crossingOf(runOf(['syscall.null', 'context.pipe_2p_0k']));
    expect(small).toMatchObject({ vmstat: null, hostSwitchesPerSecond: null, transfers: [] });
    expect(crossingOf(runOf(['syscall.null']))).toBeUndefined();
  });

  test('is shown beside the figures of 2003', () => {
    const run = runOf(Object.keys(NS));
    const crossing = crossingOf(run);
    if (crossing === undefined) throw new Error('no crossing');
    const text = renderCrossing({ ...run, crossing }, { color: false, columns: 100 });
    expect(text).toContain('two system calls and one context switch in 1.10 µs');
    expect(text).toContain('1.80 µs, 548 k/s');
    expect(text).toMatch(/pread, writev +5\.80 µs +×1\.00 +1 +5/);
    expect(text).toContain('The fastest here is pread, writev');
  });
});
