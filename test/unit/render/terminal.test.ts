import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTerminal } from '../../../src/render/terminal.js';
import { countedReport } from '../report/counted-fixtures.js';
import {
  cleanReport,
  deniedReport,
  diagnosedReport,
  hostileReport,
  hugeReport,
  regressedReport,
  sandboxReport,
  selfReport,
  shardsReport,
} from '../report/fixtures.js';

const reports = {
  regressed: regressedReport(),
  diagnosed: diagnosedReport(),
  clean: cleanReport(),
  self: selfReport(),
  denied: deniedReport(),
  sandbox: sandboxReport(),
  hostile: hostileReport(),
  shards: shardsReport(),
  counted: countedReport(),
};

describe('renderTerminal', () => {
  it.each(Object.entries(reports))('%s, as people read it', async (name, report) => {
    for (const columns of [80, 120]) {
      const text = renderTerminal(report, { color: false, columns });
      await expect(text).toMatchFileSnapshot(`golden/${name}.${columns}.txt`);
    }
  });

  it.each(Object.entries(reports))('%s fits the terminal', (_, report) => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 200 }), (columns) => {
        const lines = renderTerminal(report, { color: false, columns }).split('\n');
        expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('says the same with colours as without', () => {
    for (const report of Object.values(reports)) {
      const plainly = renderTerminal(report, { color: false, columns: 100 });
      const coloured = renderTerminal(report, { color: true, columns: 100 });
      expect(coloured).not.toBe(plainly);
      expect(stripVTControlCharacters(coloured)).toBe(plainly);
    }
  });

  it('lets no control character of a record through', () => {
    const text = renderTerminal(reports.hostile, { color: false, columns: 80 });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('gives every metric a place', () => {
    const report = hugeReport(500);
    const text = renderTerminal(report, { color: false, columns: 120 });
    expect(report.findings.filter(({ id }) => !text.includes(id))).toEqual([]);
  });

  it('says when the policy and not the verdict decides', () => {
    const text = (verdict: 'regressed' | 'inconclusive', passed: boolean) =>
      renderTerminal({ ...reports.regressed, verdict, passed }, { color: false, columns: 80 });
    expect(text('regressed', true)).toContain('regressed (passes: fail-on is never)');
    expect(text('inconclusive', false)).toContain('inconclusive (fails: fail-on is inconclusive)');
    expect(text('regressed', false)).toMatch(/^▲ regressed\n/);
  });
});
