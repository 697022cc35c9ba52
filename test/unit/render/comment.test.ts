import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/record/report.js';
import { renderComment, renderNotMeasured } from '../../../src/render/comment.js';
import { isClear } from '../../../src/report/verdict-words.js';
import { STORED_MARGIN } from '../../../src/stats/assumptions.js';
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

const runUrl = 'https://github.com/octo-org/kernel/actions/runs/42';
const commit = 'ec26c3e57ca3a959ca5aad62de7213c562f8c821';
/** Less what the hidden lines on top take. */
const MAX_BYTES = 65_536 - 500;

/** A clean comparison with stored runs, at the margins that the command line has of itself. */
function storedReport(): Report {
  const report = cleanReport();
  const metrics = report.findings.map((metric) => ({ ...metric, margin: STORED_MARGIN }));
  return { ...report, findings: metrics };
}

describe('renderComment', () => {
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
    const text = renderComment(make(), { commit, runUrl });
    await expect(text).toMatchFileSnapshot(`golden/${name}.comment.md`);
  });

  it('begins with the verdict and the commit that it is about', () => {
    const [first] = renderComment(regressedReport(), { commit }).split('\n');
    expect(first).toBe('### 🔴 syscall-gate: regressed at `ec26c3e`');
  });

  it('says that an earlier regression is gone only where every gated metric shows it', () => {
    const replacing = (report: Report) => renderComment(report, { wasRegressed: true });
    expect(replacing(cleanReport())).toContain(
      'reported a regression or a lost operation: it is gone.',
    );
    expect(replacing(regressedReport())).not.toContain('earlier version');
    const undecided: Report = { ...cleanReport(), verdict: 'inconclusive' };
    expect(replacing(undecided)).toContain('this run does not confirm it.');
    expect(replacing(selfReport())).toContain('neither confirms it nor shows');
    expect([cleanReport(), undecided, selfReport(), regressedReport()].map(isClear)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('says nothing of an earlier regression where none was reported', () => {
    for (const make of [cleanReport, deniedReport, selfReport]) {
      expect(renderComment(make(), { commit })).not.toContain('earlier version');
    }
  });

  it('drops what is no finding first, and keeps every count', () => {
    const [full, fewer, shortest] = [100, 500, 512].map((count, index) =>
      renderComment(hugeReport(count, index === 2 ? '|'.repeat(300) : 'Short.'), {}),
    );
    expect(full).toContain('System calls: unchanged');
    expect(fewer).not.toContain('System calls: unchanged');
    expect(fewer).toContain('inconclusive');
    expect(shortest).toContain('171 of 512 gated metrics regressed');
    for (const text of [fewer, shortest]) expect(text).toContain(' inconclusive, ');
    expect(shortest).toContain('171 inconclusive, 170 unchanged');
    for (const text of [full, fewer, shortest]) expect(text?.length).toBeLessThan(MAX_BYTES);
  });

  it('names losses and caveats as long as they fit, and says where the rest is', () => {
    const long = (length: number) => {
      const denied = deniedReport();
      const caveats = Array.from(
        { length: 60 },
        () => `Much stands against it. ${'x'.repeat(length)}`,
      );
      return renderComment({ ...denied, caveats, headline: `Lost. ${'x'.repeat(length)}` }, {});
    };
    const whole = renderComment(deniedReport(), {});
    expect(whole).toContain('Blocked: the candidate can no longer do this');
    expect(whole).not.toContain('see the job summary');
    const findings = hugeReport(512, '|'.repeat(300));
    const losses = { ...findings, alarms: deniedReport().alarms, caveats: ['One against it.'] };
    const short = renderComment(losses, {});
    expect(short).toContain('socket(AF_INET) is refused: EPERM');
    expect(short).toContain('One against it.');
    expect(short).toContain('The rest did not fit here: see the job summary.');
    expect(long(5000).length).toBeLessThan(MAX_BYTES);
  });

  it('counts a metric once in the rest, although it is timed and counted', () => {
    const counted = countedReport();
    const timed = cleanReport().findings.filter(({ id }) => id.startsWith('syscall.'));
    const both: Report = { ...counted, findings: [...timed, ...counted.findings] };
    const changed = counted.findings.filter(({ verdict }) => verdict === 'regressed');
    const ids = new Set(both.findings.map(({ id }) => id));
    const others = [...ids].filter((id) => !changed.some((finding) => finding.id === id));
    expect(renderComment(both, {})).toContain(`<summary>The other ${others.length} metrics: `);
  });

  it('stays within the limit whatever a record holds', () => {
    for (const text of ['|'.repeat(5000), '@'.repeat(5000), '𝒳<'.repeat(5000)]) {
      const huge = hugeReport(512, text);
      const state = { baseline: text, candidate: `${text}!` };
      const differences = Array.from({ length: 500 }, () => ({ field: text, ...state }));
      const specs = { candidate: { ...huge.candidate, spec: text }, headline: text, tool: text };
      const body = renderComment({ ...huge, ...specs, differences }, { commit, runUrl });
      expect(Buffer.byteLength(body)).toBeLessThan(MAX_BYTES);
    }
  });

  it('gives a command that reproduces the comparison in a clone of the tool', () => {
    expect(renderComment(regressedReport(), {})).toContain(
      "\nnpm start -- --baseline host --candidate 'command:test/native/slowdown {probe}'\n",
    );
    expect(renderComment(storedReport(), {})).toContain(
      '\nnpm start -- --baseline directory:runs --candidate host\n',
    );
  });

  it('judges by the margin and the level of the report in that command', () => {
    const command = (change: Partial<Report>) =>
      /npm start .*/.exec(renderComment({ ...storedReport(), ...change }, {}))?.[0];
    expect(command({ alpha: 0.05 })).toMatch(/ --candidate host --alpha 0.05$/);
    const { findings: metrics } = storedReport();
    const all = metrics.map((metric) => ({ ...metric, margin: 0.07 }));
    expect(command({ findings: all })).toMatch(/ --candidate host --margin 7%$/);
    const [first, second, ...rest] = all;
    if (!first || !second) throw new Error('two metrics');
    const two = [first, { ...second, margin: 0.8 }, ...rest.map((it) => ({ ...it, margin: 0.03 }))];
    const rules = `${first.id}=7%,${second.id}=80%`;
    expect(command({ findings: two })).toMatch(new RegExp(` --candidate host --margin ${rules}$`));
    const one = [{ ...first, margin: 0.8 }, ...all.slice(1)];
    expect(command({ findings: one })).toMatch(new RegExp(` --margin 7%,${first.id}=80%$`));
  });

  it('links nothing but the workflow run', () => {
    const body = renderComment(hostileReport(), { commit, runUrl });
    const outsideCode = body.replace(/```sh\n.*\n```/, '').replace(/`[^`\n]*`/g, '');
    expect(outsideCode.match(/https?:\/\/[^\s>]*/g)).toEqual([runUrl]);
    expect(renderComment(hostileReport(), { runUrl: 'javascript:alert(1)' })).not.toContain(
      'workflow run',
    );
  });
});

describe('renderNotMeasured', () => {
  it('says which commit could not be measured and why, in one line that is only text', () => {
    const text = renderNotMeasured('No <b>compiler</b>:\n@install one.', { commit, runUrl });
    expect(text).toBe(
      [
        '### ⚫ syscall-gate: not measured at `ec26c3e`',
        'The newest commit could not be measured: No &#60;b&#62;compiler&#60;/b&#62;: @\u200binstall one.',
        `<sub>[workflow run](<${runUrl}>)</sub>\n`,
      ].join('\n\n'),
    );
  });

  it('keeps an earlier regression in mind', () => {
    const text = renderNotMeasured('No compiler.', { commit, wasRegressed: true });
    expect(text).toContain(
      'reported a regression or a lost operation: nothing is known about it at this commit.',
    );
  });
});
