import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Injected, selftestSchema } from '../../../src/record/selftest.js';
import { renderSelftest } from '../../../src/render/terminal.js';
import { answerOf } from '../../../src/report/selftest-answer.js';
import type { Trial } from '../../../src/report/selftest-build.js';
import { HOSTILE, metric } from './fixtures.js';
import { compared, selftest, trial, trustedSelftest } from './selftest-fixtures.js';

const denied: Trial = {
  injection: 'seccomp',
  status: 'unavailable',
  reason: 'seccomp(SECCOMP_SET_MODE_FILTER): Operation not permitted',
};

const trusted = trustedSelftest();

describe('a self-test', () => {
  it('sizes what was injected by the null call', () => {
    expect(trusted.injections[1]).toMatchObject({
      addedNs: expect.closeTo(25),
      share: expect.closeTo(0.3125),
    });
  });

  it('expects to be slowed what has entries enough for its time, and no page fault', () => {
    // 4 and 25 ns an entry: 5 and 31 % of 80 ns, 1.3 and 8.3 % of 600, 1.3 and 8.3 % of 1200.
    expect(trusted.injections.map((one) => one.status === 'ok' && one.slowed)).toEqual([
      ['syscall.null'],
      ['syscall.null', 'syscall.open_close', 'context.pipe_2p_0k'],
    ]);
  });

  it('is to be trusted where it caught what it injected and nothing else', () => {
    expect(trusted).toMatchObject({ trusted: true, alarms: [] });
    expect(trusted.answer).toBe(
      'This gate can be trusted here: identical sides raised no alarm, and it caught +4.00 ns on every kernel entry (+5.00 % of a null call) in 5.3 s and +25.0 ns (+31.3 %) in 5.3 s.',
    );
  });

  it('counts what would be caught of changes that were thought up, by the MDE80', () => {
    const own = compared((id, ns) => metric(id, ns, true, { mde80: ns < 600 ? 0.025 : 0.06 }));
    const [syscalls] = selftest([trial(25)], own).scaled;
    expect(syscalls).toEqual({
      family: 'syscall',
      gated: 2,
      caught: [
        { overMargin: 0.01, metrics: 1 },
        { overMargin: 0.02, metrics: 1 },
        { overMargin: 0.03, metrics: 1 },
        { overMargin: 0.05, metrics: 2 },
      ],
    });
  });

  it.each(['regressed', 'improved'] as const)(
    'is not where identical sides were called %s',
    (verdict) => {
      const own = compared((id, ns) =>
        metric(id, ns, true, id === 'syscall.null' ? { verdict } : {}),
      );
      const found = selftest([trial(25)], own);
      expect(found).toMatchObject({ trusted: false, alarms: ['syscall.null'] });
      expect(found.answer).toMatch(
        /^This gate cannot be trusted here, because comparing the machine with itself reported a change in syscall\.null: run this again; /,
      );
    },
  );

  it('is not where a change beyond the MDE80 went by', () => {
    const found = selftest([trial(4), { ...trial(25, false), injection: 'seccomp-cached' }]);
    expect(found.trusted).toBe(false);
    expect(found.answer).toMatch(
      /because \+25\.0 ns on every kernel entry \(\+31\.3 % of a null call\) was not caught in 20 s, although/,
    );
  });

  describe('that caught fewer metrics than promised', () => {
    const answer = (promised: number, caught: number) => {
      const ids = Array.from({ length: promised }, (_, index) => `syscall.call_${index}`);
      const [one] = trusted.injections.filter(({ status }) => status === 'ok') as Injected[];
      const injected = { ...(one as Injected), slowed: ids, promised: ids };
      const injections = [{ ...injected, caught: [...ids.slice(0, caught), 'syscall.other'] }];
      return answerOf({ alarms: [], injections, gateMs: 20_000 });
    };

    it.each([
      [9, 1],
      [9, 3],
      [4, 0],
      [3, 0],
    ])('is not to be trusted where it is no chance: of %d only %d', (promised, caught) => {
      expect(answer(promised, caught).trusted).toBe(false);
    });

    it.each([
      [9, 9],
      [9, 4],
      [3, 1],
      [1, 0],
      [0, 0],
    ])('is where chance explains it: of %d only %d', (promised, caught) => {
      expect(answer(promised, caught).trusted).toBe(true);
    });

    it('names what it missed and what to do', () => {
      expect(answer(9, 1).answer).toBe(
        'This gate cannot be trusted here, because of the 9 metrics in which +4.00 ns on every kernel entry (+5.00 % of a null call) should be caught four times in five, it caught only 1 in 20 s (not syscall.call_1, syscall.call_2, syscall.call_3, syscall.call_4 and 4 more): give a longer --duration, or fewer --metrics.',
      );
    });
  });

  it('is not where there was too little time for what it injected', () => {
    const blind = compared((id, ns) => metric(id, ns, true, { mde80: Number.POSITIVE_INFINITY }));
    const found = selftest([trial(25, false)], blind);
    expect(found.answer).toMatch(
      /because 20 s were not enough to catch .*: give a longer --duration/,
    );
    expect(found.scaled).toEqual([]);
  });

  it('is not where nothing that it can inject matters', () => {
    expect(selftest([trial(0.4, false)]).answer).toMatch(
      /is smaller than the margin of every measured metric: choose cheaper operations/,
    );
  });

  it('is not where nothing could be injected, and says why and what to do', () => {
    const found = selftest([{ ...denied, injection: 'seccomp-cached' }, denied]);
    expect(found.trusted).toBe(false);
    expect(found.answer).toBe(
      'This gate cannot be trusted here, because no regression could be injected, so nothing shows that one would be caught (seccomp(SECCOMP_SET_MODE_FILTER): Operation not permitted): run this where a process may install a seccomp filter or use syscall user dispatch, such as outside the sandbox on the same machine.',
    );
    expect(renderSelftest(found, { color: false, columns: 100 })).toContain(
      'seccomp cannot be injected here: seccomp(SECCOMP_SET_MODE_FILTER): Operation not permitted.',
    );
  });

  it('rests on what could be injected, and explains no other', () => {
    const found = selftest([
      { ...denied, injection: 'seccomp-cached' },
      denied,
      { ...trial(80), injection: 'user-dispatch' },
    ]);
    expect(found.trusted).toBe(true);
    const text = renderSelftest(found, { color: false, columns: 100 });
    expect(text).toContain('seccomp-cached cannot be injected here');
    expect(text).toContain('user-dispatch: a flag of the process');
    expect(text).not.toContain('a filter that the kernel runs');
  });

  it('survives JSON', () => {
    expect(selftestSchema.parse(JSON.parse(JSON.stringify(trusted)))).toEqual(trusted);
  });

  it('ends in its answer, within the terminal', async () => {
    for (const columns of [80, 120]) {
      const text = renderSelftest(trusted, { color: false, columns });
      await expect(text).toMatchFileSnapshot(
        join(import.meta.dirname, '..', 'render', 'golden', `selftest.${columns}.txt`),
      );
      expect(text.split('\n').filter((line) => [...line].length > columns)).toEqual([]);
      expect(text.trimEnd().replaceAll('\n', ' ').endsWith(trusted.answer)).toBe(true);
      const coloured = renderSelftest(trusted, { color: true, columns });
      expect(stripVTControlCharacters(coloured)).toBe(text);
    }
  });

  it('lets no control character through', () => {
    const reason = HOSTILE;
    const found = selftest([{ ...denied, reason }]);
    const text = renderSelftest(found, { color: false, columns: 80 });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
