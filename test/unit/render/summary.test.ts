import { describe, expect, it } from 'vitest';
import { renderSummary } from '../../../src/render/summary.js';
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

const GITHUB_LIMIT = 1024 * 1024;

describe('renderSummary', () => {
  it.each([
    ['regressed', regressedReport],
    ['diagnosed', diagnosedReport],
    ['clean', cleanReport],
    ['self', selfReport],
    ['denied', deniedReport],
    ['sandbox', sandboxReport],
    ['hostile', hostileReport],
    ['shards', shardsReport],
    ['counted', countedReport],
  ])('%s, as people read it', async (name, make) => {
    await expect(renderSummary(make())).toMatchFileSnapshot(`golden/${name}.summary.md`);
  });

  it('shows every metric of the largest catalogue', () => {
    const report = hugeReport(512);
    const text = renderSummary(report);
    expect(report.findings.filter(({ id }) => !text.includes(`\`${id}\``))).toEqual([]);
  });

  it('stays within the limit whatever a record holds', () => {
    const report = hugeReport(512, '|'.repeat(5000));
    const caveats = Array.from({ length: 10_000 }, () => '|'.repeat(5000));
    const metrics = report.findings.map((metric) => ({ ...metric, id: '|'.repeat(5000) }));
    expect(Buffer.byteLength(renderSummary({ ...report, caveats }))).toBeLessThan(GITHUB_LIMIT);
    expect(
      Buffer.byteLength(renderSummary({ ...report, findings: metrics, caveats })),
    ).toBeLessThan(GITHUB_LIMIT);
  });
});
