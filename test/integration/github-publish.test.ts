import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logLine } from '../../src/action/log.js';
import { actionsProgress } from '../../src/action/progress.js';
import { annotate, conclude, writeSummary } from '../../src/action/publish.js';
import type { Report } from '../../src/record/report.js';
import {
  cleanReport,
  deniedReport,
  diagnosedReport,
  regressedReport,
} from '../unit/report/fixtures.js';

let log: string;
beforeEach(() => {
  log = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    log += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const linesOf = (kind: string): string[] =>
  log.split('\n').filter((line) => line.startsWith(`::${kind}`));

/** The report with so many alarms, each for a metric of its own. */
const manyAlarms = (count: number): Report => ({
  ...regressedReport(),
  alarms: Array.from({ length: count }, (_, index) => ({
    ...{ verdict: 'regressed', title: `syscall.made_up_${index} regressed`, text: 'Slower.' },
    metrics: [`syscall.made_up_${index}`],
  })),
});

describe('annotations', () => {
  it('are one for each cause, with its metrics inside it', () => {
    annotate(diagnosedReport());
    const [first, second, ...others] = linesOf('error');
    expect(first).toMatch(
      /^::error title=\+56\.\d ns for every kernel entry%3A 12 metrics regress/,
    );
    expect(first).toContain('syscall.null, ');
    expect(second).toMatch(/^::error title=sendfile\.tcp_64k_copy regressed%3A .*::./);
    expect(others).toEqual([]);
  });

  it('say first what is blocked', () => {
    annotate(deniedReport());
    expect(linesOf('error')).toEqual([
      expect.stringMatching(
        /^::error title=blocked%3A socket\(AF_INET\) is refused%3A EPERM::The b/,
      ),
    ]);
  });

  it('are none when nothing regressed', () => {
    annotate(cleanReport());
    expect(log).toBe('');
  });

  it('stay within what GitHub shows, and count the rest in one line', () => {
    annotate(manyAlarms(14));
    expect(linesOf('error')).toHaveLength(9);
    expect(linesOf('error')[0]).toContain('made_up_0 ');
    expect(linesOf('notice')).toEqual([
      expect.stringMatching(/5 more metrics blocked or regressed: .*made_up_9.*made_up_13\.$/),
    ]);
  });
});

describe('text in the log', () => {
  const forged = 'Not\r\n::error::forged\u001b[2K\u2028::warning::forged ##[error]forged';

  it.each([
    ['a headline', () => conclude({ ...cleanReport(), headline: forged })],
    ['a note', () => actionsProgress().note(forged)],
    ['a step', () => actionsProgress().step(1, 1, forged)],
    ['a sentence', () => logLine(forged)],
    ['a sentence that begins like a command', () => logLine(`::error::${forged}`)],
  ])('that came with %s is one line and commands nothing', (_, write) => {
    write();
    expect(log.match(/\n/g)).toHaveLength(1);
    expect(log).toMatch(/forged.*\n$/);
    // What the runner's parser looks for: at the beginning of a line, and anywhere.
    expect(log.trim()).not.toMatch(/^::|##\[/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
    expect(log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028]/);
  });
});

describe('the job summary', () => {
  // @actions/core remembers the file that it found first.
  const folder = mkdtempSync(join(tmpdir(), 'summary-'));
  const file = join(folder, 'summary.md');
  beforeEach(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, '');
    vi.stubEnv('GITHUB_STEP_SUMMARY', file);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is what was rendered', async () => {
    await writeSummary('# fine');
    expect(readFileSync(file, 'utf8')).toBe('# fine\n');
  });

  it('is a warning when it cannot be written', async () => {
    await writeSummary('# fine');
    rmSync(folder, { recursive: true });
    await writeSummary('# fine');
    expect(linesOf('warning')).toEqual([expect.stringContaining('the job summary: ENOENT')]);
  });
});

describe('progress in a log', () => {
  it('is a group a phase and ten lines at most, however many steps there are', () => {
    const progress = actionsProgress();
    progress.phase('Measure');
    for (let done = 1; done <= 250; done += 1) progress.step(done, 250, 'syscall.null');
    progress.phase('Compare');
    progress.end();
    expect(log.split('\n').filter((line) => line.includes('/250'))).toHaveLength(10);
    expect(log).toMatch(
      /^::group::Measure\n.*250\/250 syscall.null\n::endgroup::\n::group::Compare\n::endgroup::\n$/s,
    );
  });

  it('annotates what weakens the result', () => {
    actionsProgress().warn('The machine is busy: give it more time.');
    expect(linesOf('warning')).toEqual(['::warning::The machine is busy: give it more time.']);
  });
});
