import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeEvidence } from '../../../src/judging.js';
import { renderComment } from '../../../src/report/comment.js';
import { parseReport } from '../../../src/report/report.js';
import { renderSummary } from '../../../src/report/summary.js';
import { renderTerminal } from '../../../src/report/terminal.js';
import { drawnDuet, duetOf } from '../../fixtures/arbitrary-duets.js';

const POLICY = { alpha: 0.01, margins: [], failOn: 'regression' } as const;
const SPECS = { baseline: 'host', candidate: 'host' };

test('the report of any duet passes its schema, and is rendered within the limits', () => {
  fc.assert(
    fc.property(drawnDuet, fc.constantFrom(60, 80, 200), (drawn, columns) => {
      const report = judgeEvidence({ design: 'duet', ...duetOf(drawn) }, POLICY, SPECS);
      expect(parseReport(JSON.stringify(report))).toEqual({ ok: true, value: report });
      const texts = [renderTerminal(report, { color: false, columns }), renderSummary(report)];
      for (const text of [...texts, renderComment(report, {})]) {
        expect(text).not.toMatch(/NaN|undefined/);
      }
      expect(Buffer.byteLength(renderComment(report, {}))).toBeLessThanOrEqual(65_000);
      expect(Buffer.byteLength(renderSummary(report))).toBeLessThanOrEqual(900 * 1024);
    }),
    { seed: 2026, numRuns: 60 },
  );
});
