import { describe, expect, it } from 'vitest';
import { renderComment } from '../../../src/report/comment.js';
import {
  cleanReport,
  deniedReport,
  hostileReport,
  hugeReport,
  regressedReport,
  sandboxReport,
  selfReport,
} from './fixtures.js';

const marker = '<!-- syscall-gate ci-gate-1a2b3c4d -->';
const runUrl = 'https://github.com/octo-org/kernel/actions/runs/42';
const GITHUB_LIMIT = 65_536;

describe('renderComment', () => {
  it.each([
    ['regressed', regressedReport],
    ['clean', cleanReport],
    ['self', selfReport],
    ['denied', deniedReport],
    ['sandbox', sandboxReport],
    ['hostile', hostileReport],
  ])('%s, as people read it', async (name, make) => {
    const text = renderComment(make(), { marker, runUrl });
    await expect(text).toMatchFileSnapshot(`golden/${name}.comment.md`);
  });

  it('begins with its marker, on a line of its own', () => {
    expect(renderComment(regressedReport(), { marker }).split('\n')[0]).toBe(marker);
  });

  it('says that an earlier regression is gone only where every gated metric shows it', () => {
    const gone = 'reported a regression, it is gone.';
    expect(renderComment(cleanReport(), { marker })).toContain(gone);
    expect(renderComment(regressedReport(), { marker })).not.toContain('earlier version');
    expect(renderComment(deniedReport(), { marker })).toContain('this run does not confirm it.');
    expect(renderComment(selfReport(), { marker })).toContain('neither confirms it nor shows');
  });

  it('drops unchanged rows first, then the undecided, and keeps every count', () => {
    const [full, fewer, least] = [100, 500, 512].map((count, index) =>
      renderComment(hugeReport(count, index === 2 ? '|'.repeat(300) : 'Short.'), { marker }),
    );
    const unchanged = /⚪.unchanged/;
    expect(full).toMatch(unchanged);
    expect(fewer).not.toMatch(unchanged);
    expect(fewer).toContain('inconclusive');
    expect(least).toContain('171 of 512 gated metrics regressed');
    expect(least).toContain('171 inconclusive, 170 unchanged');
    for (const text of [full, fewer, least]) expect(text?.length).toBeLessThan(GITHUB_LIMIT);
  });

  it('stays within the limit whatever a record holds', () => {
    for (const text of ['|'.repeat(5000), '@'.repeat(5000), '𝒳<'.repeat(5000)]) {
      const huge = hugeReport(512, text);
      const state = { baseline: text, candidate: `${text}!` };
      const differences = Array.from({ length: 500 }, () => ({ field: text, ...state }));
      const specs = { candidate: { ...huge.candidate, spec: text }, headline: text, tool: text };
      const body = renderComment({ ...huge, ...specs, differences }, { marker, runUrl });
      expect(Buffer.byteLength(body)).toBeLessThan(GITHUB_LIMIT);
    }
  });

  it('gives a command that reproduces the comparison', () => {
    expect(renderComment(regressedReport(), { marker })).toContain(
      "syscall-gate --baseline host --candidate 'command:test/native/slowdown {probe}'",
    );
    expect(renderComment(cleanReport(), { marker })).toContain(
      'syscall-gate --baseline directory:runs --candidate host',
    );
  });

  it('links nothing but the workflow run', () => {
    const body = renderComment(hostileReport(), { marker, runUrl });
    const outsideCode = body.replace(/```sh\n.*\n```/, '').replace(/`[^`\n]*`/g, '');
    expect(outsideCode.match(/https?:\/\/[^\s>]*/g)).toEqual([runUrl]);
    expect(renderComment(hostileReport(), { marker, runUrl: 'javascript:alert(1)' })).not.toContain(
      'workflow run',
    );
  });
});
