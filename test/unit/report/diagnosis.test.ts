import { expect, test } from 'vitest';
import type { DiagnosisReport } from '../../../src/record/report.js';
import { diagnosisText } from '../../../src/report/diagnosis.js';

const PER_ENTRY: DiagnosisReport = {
  terms: [{ quantity: 'entries', ns: 26, low: 25, high: 27 }],
  ...{ share: 0.95, explained: ['syscall.null', 'syscall.read_zero', 'syscall.stat'], called: 3 },
  carriers: [],
};
const NONE = { baseline: [], candidate: [] };
const NO_DIFFERENCE = 'No known difference between the sides could cause it.';

const endOf = (diagnosis: DiagnosisReport, unread: Parameters<typeof diagnosisText>[1]): string =>
  diagnosisText(diagnosis, unread).replace(/^.*\(95 % interval [^)]*\)\. /, '');

test('a change without a known cause says so', () => {
  expect(endOf(PER_ENTRY, { unreadable: NONE })).toBe(NO_DIFFERENCE);
});

test('a setting that could be the cause and could not be read is named', () => {
  const unreadable = { baseline: ['seccompFilters'], candidate: ['microcode', 'seccompMode'] };
  expect(endOf(PER_ENTRY, { unreadable })).toBe(
    `${NO_DIFFERENCE} Possible causes could not be read: seccomp mode, seccomp filters.`,
  );
});

test('of many settings that could be the cause the first are named', () => {
  const flaws = Array.from({ length: 20 }, (_, index) => `vulnerabilities.flaw_${index}`);
  const unreadable = { baseline: [], candidate: [...flaws, 'seccompFilters'] };
  expect(endOf(PER_ENTRY, { unreadable })).toBe(
    `${NO_DIFFERENCE} Possible causes could not be read: seccomp filters, mitigation of flaw_0, mitigation of flaw_1, mitigation of flaw_2 and 17 more settings.`,
  );
});

test('a setting that could be the cause and was not recorded is named', () => {
  const unrecorded = { baseline: ['scheduler', 'cgroupDepth'], candidate: [] };
  expect(endOf(PER_ENTRY, { unreadable: NONE, unrecorded })).toBe(NO_DIFFERENCE);
  const [term] = PER_ENTRY.terms;
  if (term === undefined) throw new Error('no term');
  const perSwitch = { ...PER_ENTRY, terms: [{ ...term, quantity: 'switches' as const }] };
  expect(endOf(perSwitch, { unreadable: NONE, unrecorded })).toBe(
    `${NO_DIFFERENCE} Possible causes were not recorded: scheduler, cgroup depth.`,
  );
});

test('what could be read and could be the cause is enough', () => {
  const carriers = [{ field: 'seccompMode', baseline: 'disabled', candidate: 'filter' }];
  const unreadable = { baseline: ['securityModules'], candidate: [] };
  expect(endOf({ ...PER_ENTRY, carriers }, { unreadable })).toBe(
    'Differences between the sides that could cause it: seccomp mode (disabled → filter).',
  );
});
