import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, code, markdown, plain, shellWord, wrap } from '../../../src/text/escape.js';
import { HOSTILE } from '../report/fixtures.js';

/** Texts in which the dangerous characters are common. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['`', '|', '\\', '<', '>', '&', '@a', '[', '](', ')', '*', '_', '~', '$', '#1', '\n'],
        ...[
          'http://e.example',
          'www.e.example',
          '\u001b[31m',
          '\u009b1m',
          '\u202e',
          '\ud800',
          '--',
        ],
        ...["'", '"', ' ', '{probe}', '\u0000', '\u2028', '\u001b]0;t\u0007'],
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

describe('plain', () => {
  it('leaves ordinary text alone', () => {
    expect(plain('AMD EPYC 7763, 2 CPUs: µs, 日本')).toBe('AMD EPYC 7763, 2 CPUs: µs, 日本');
  });

  it('takes out what a terminal would obey and what a reader would not see', () => {
    expect(
      plain('a\u001b[31;1mb\u001b[0m\u001b]0;title\u0007c\u009b2Jd\u0007e\u202ef\u200bg'),
    ).toBe('abcdefg');
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(plain(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      }),
    );
  });

  it('makes one line', () => expect(plain(' a\r\n\n\tb ')).toBe('a b'));

  it('ends a text that is too long in an ellipsis', () => {
    expect(plain('x'.repeat(1e7), 5)).toBe('xxxx…');
    expect([...clip('𝒳𝒳𝒳𝒳', 3)]).toEqual(['𝒳', '𝒳', '…']);
  });
});

describe('markdown', () => {
  it('leaves ordinary sentences readable', () => {
    const sentence = 'The largest is syscall.read_zero, +31.2 % (29.8 to 33.0); see --margin.';
    expect(markdown(sentence)).toBe(sentence);
  });

  it.each([
    ['@octocat', '@\u200boctocat'],
    ['#12 and GH-12', '\\#\u200b12 and GH\u200b-12'],
    ['https://x.example', 'https:\u200b//x.example'],
    ['www.x.example', 'www\u200b.x.example'],
    ['<b>&', '&#60;b&#62;&#38;'],
    ['a | b', 'a &#124; b'],
    ['`**[a](b)~$', '\\`\\*\\*\\[a\\](b)\\~\\$'],
    ['_a_ b_c __d', '\\_a\\_ b_c \\_\\_d'],
    ['# head', '\\# head'],
    ['- item', '\\- item'],
    ['12. item', '12\\. item'],
    ['6.1.0-30', '6.1.0-30'],
  ])('%s becomes %s', (text, escaped) => expect(markdown(text)).toBe(escaped));

  it('lets no markup, cell border, tag or reference through', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const bare = markdown(text).replace(/\\[!-/:-@[-`{-~]/g, '');
        expect(bare).not.toMatch(/[<>|`*[\]~$\n]|@[^\u200b]|&(?!#\d+;)|:\/\//);
      }),
    );
  });
});

describe('code', () => {
  it('is inline code where that is enough', () => expect(code('a_b *c*')).toBe('`a_b *c*`'));

  it('is an escaped element where backticks or pipes would end the cell or the code', () => {
    expect(code('a`|b')).toBe('<code>a\\`&#124;b</code>');
    expect(code('')).toBe('');
    expect(code(HOSTILE)).not.toMatch(/[|\n]|<img|@o|:\/\//);
  });
});

describe('shellWord', () => {
  it('leaves simple words alone', () => {
    expect(shellWord('directory:.syscall-gate')).toBe('directory:.syscall-gate');
  });

  it('is one word to a real shell, and the same word', () => {
    const samples = fc.sample(hostileText, { numRuns: 40, seed: 7 });
    const script = samples.map((text) => `printf '%s\\n' ${shellWord(text)}`).join('\n');
    const lines = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n');
    expect(lines.slice(0, -1)).toEqual(samples.map((text) => plain(text, 4096)));
  });
});

it('wraps at spaces and never drops a word', () => {
  expect(wrap('a bc def ghijklm n', 5)).toEqual(['a bc', 'def', 'ghijklm', 'n']);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 90 }), (text, columns) => {
      expect(wrap(plain(text), columns).join(' ')).toBe(plain(text));
    }),
  );
});
