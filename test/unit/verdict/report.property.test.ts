import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeEvidence } from '../../../src/flows/judge.js';
import { parseReport } from '../../../src/record/report.js';
import { makeRun, type Run } from '../../../src/record/run.js';
import { renderComment } from '../../../src/render/comment.js';
import { renderSummary } from '../../../src/render/summary.js';
import { renderTerminal } from '../../../src/render/terminal.js';
import type { Evidence } from '../../../src/verdict/evidence.js';
import { shardsEvidence } from '../../../src/verdict/evidence.js';
import { type DrawnPair, drawnPair, pairOf } from '../../fixtures/arbitrary-pairs.js';
import { tried } from '../../fixtures/laws.js';

const SPECS = { baseline: 'host', candidate: 'host' };

const policies = fc.record({
  alpha: fc.constantFrom(0.01, 0.2, 1e-6),
  margins: fc.constantFrom([], [{ glob: '*', ratio: 0.5 }], [{ glob: '*_0', ratio: 1e-6 }]),
  failOn: fc.constantFrom('regression' as const, 'inconclusive' as const, 'never' as const),
});

/** The text of an error is shown in every report, so it may not break one. */
const NASTY = `a | b\n\`c\` <script> ${'\u{1f600}'.repeat(20)}`;

/** What is counted, and what says why it has no number, beside what was drawn. */
const withCounts = (run: Run, count: number): Run =>
  makeRun({
    ...run,
    metrics: [
      ...run.metrics,
      {
        ...{ id: 'exact.segments_per_op', version: 1, gate: true, status: 'ok', unit: 'count' },
        counts: run.launches.map(({ sequence }) => ({ sequence, count, agreeing: 1, counts: 1 })),
      },
      {
        ...{ id: 'sendfile.refused', version: 1, gate: true, status: 'error' },
        reason: { operation: 'sendfile()', errno: 5, message: NASTY },
      },
    ],
  });

const identified = (run: Run, index: number, platform = run.platform): Run =>
  makeRun({ ...run, id: (index + 1).toString(16).padStart(16, '0'), platform });

const counts = fc.constantFrom(0, 1, 1, 2.5, 1e12);

const pairs: fc.Arbitrary<Evidence> = fc.tuple(drawnPair, counts, counts).map(([drawn, a, b]) => {
  const { baseline, candidate } = pairOf(drawn);
  return {
    ...{ design: 'paired', baseline: withCounts(baseline, a) },
    candidate: withCounts(candidate, b),
  };
});

const several = fc.array(drawnPair, { minLength: 1, maxLength: 5 });

const againstStored: fc.Arbitrary<Evidence> = fc
  .tuple(several, counts, fc.constantFrom({}, { microcode: '0x2' }, { cpuModel: 'another' }))
  .map(([all, count, other]) => {
    const [own, ...stored] = all.map((drawn, index) =>
      withCounts(identified(pairOf(drawn).candidate, index), count),
    );
    if (own === undefined) throw new Error('there is a run at least');
    const runs = stored.map((run, index) =>
      identified(run, index + 8, { ...run.platform, ...other }),
    );
    return { design: 'stored', stored: { runs, skipped: [NASTY] }, candidate: own };
  });

const selves: fc.Arbitrary<Evidence> = drawnPair.map((drawn) => {
  const { baseline, candidate } = pairOf(drawn);
  return { design: 'self', before: baseline, after: candidate, candidate, skipped: [NASTY] };
});

const shards: fc.Arbitrary<Evidence> = several.map((all) => {
  const [first, ...rest] = all.map((drawn: DrawnPair, machine) => {
    const { baseline, candidate } = pairOf({ ...drawn, confirmPairs: 0 });
    const id = machine.toString(16).padStart(16, '0');
    const side = (run: Run, name: 'baseline' | 'candidate', index: number): Run =>
      makeRun({ ...identified(run, index), duet: { id, side: name } });
    return {
      baseline: side(baseline, 'baseline', 2 * machine),
      candidate: side(candidate, 'candidate', 2 * machine + 1),
    };
  });
  if (first === undefined) throw new Error('there is a machine at least');
  return shardsEvidence([first, ...rest], [NASTY]);
});

test.each(Object.entries({ paired: pairs, stored: againstStored, self: selves, shards }))(
  'the report of any %s passes its schema, and is rendered within the limits',
  (_, evidence) => {
    fc.assert(
      fc.property(evidence, policies, fc.constantFrom(60, 80, 200), (found, policy, columns) => {
        const { report } = judgeEvidence(found, policy, SPECS);
        expect(parseReport(JSON.stringify(report))).toEqual({ ok: true, value: report });
        const comment = renderComment(report, {});
        const summary = renderSummary(report);
        for (const text of [renderTerminal(report, { color: false, columns }), summary, comment]) {
          expect(text).not.toMatch(/NaN|undefined|\[object/);
        }
        expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(65_000);
        expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(900 * 1024);
      }),
      tried(40),
    );
  },
);
