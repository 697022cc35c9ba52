import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { terminalProgress } from '../../../src/cli/progress.js';
import type { Progress } from '../../../src/progress.js';

/** Plays a story and gives back everything that was written. */
function written(isTTY: boolean, story: (progress: Progress) => void): string {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  story(terminalProgress(Object.assign(stream, { isTTY, columns: 60, rows: 24 })));
  return text;
}

const measure = (progress: Progress): void => {
  progress.phase('Compile the probe');
  progress.phase('Measure');
  for (let done = 0; done <= 1000; done += 1) {
    progress.step(done, 1000, `launch ${done}, \u001b[2Jcandidate ${'x'.repeat(200)}`);
  }
  progress.note('A note.');
  progress.warn('A warning.');
  progress.end();
};

describe('into a pipe', () => {
  it('prints a handful of plain lines a phase, however many steps it has', () => {
    const lines = written(false, measure).trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual(['Compile the probe', 'Measure']);
    expect(lines.at(-3)).toMatch(/^ {2}100 %, launch 1000/);
    expect(lines.slice(-2)).toEqual(['A note.', 'warning: A warning.']);
    expect(lines.length).toBeLessThan(12);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
  });

  it('says that a phase is over once, however often it is told', () => {
    const text = written(false, (progress) => {
      for (let times = 0; times < 20; times += 1) progress.step(2, 2, 'launch');
    });
    expect(text).toBe('  100 %, launch\n');
  });

  it('writes no control sequence', () => {
    const text = written(false, measure);
    expect(stripVTControlCharacters(text)).toBe(text);
  });

  it('says that a phase without a total is over', () => {
    expect(written(false, (progress) => progress.step(0, 0, 'nothing to do'))).toBe(
      '  100 %, nothing to do\n',
    );
  });
});

describe('on a terminal', () => {
  it('keeps the live line within one row', () => {
    const rows = stripVTControlCharacters(written(true, measure)).split('\n');
    expect(Math.max(...rows.map((row) => [...row].length))).toBeLessThanOrEqual(60);
  });

  it('leaves a line for each phase, and notes and warnings, behind', () => {
    const text = stripVTControlCharacters(written(true, measure));
    expect(text).toMatch(/Compile the probe \d/);
    expect(text).toMatch(/Measure \d/);
    expect(text).toContain('A note.\n');
    expect(text).toContain('warning: A warning.\n');
  });

  it('may be ended twice, or before it began', () => {
    expect(written(true, (progress) => progress.end())).toBe('');
    const once = written(true, (progress) => {
      progress.phase('Measure');
      progress.end();
      progress.end();
    });
    expect(stripVTControlCharacters(once).match(/Measure \d/g)).toHaveLength(1);
  });
});
