import { type Family, familyOf } from '../families.js';
import type { Quantity, Report } from '../record/report.js';
import type { Platform, Run, Subject } from '../record/run.js';
import { isCalled } from '../record/verdict.js';
import { countOf } from '../text/units.js';
import type { Comparison } from '../verdict/comparison.js';
import type { Diagnosis } from '../verdict/diagnosis.js';
import { type Block, prose } from './blocks.js';
import { fieldName } from './words.js';

type Difference = Report['differences'][number];

/**
 * Fields that can carry a cause, the likeliest first: filters and mitigations run at every entry,
 * the scheduler at every switch, buffers and segments are made of bytes. Of a group only the first
 * that differs is named with the cause; behind it stand what could carry any.
 */
const carriers: Record<Quantity, readonly (readonly RegExp[])[]> = {
  entries: [
    [/^seccompMode$/, /^seccompFilters$/, /^target\.seccomp$/],
    [/^target\.audit rules$/],
    [/^vulnerabilities\./],
    [/^securityModules$/],
  ],
  switches: [[/^scheduler$/], [/^cgroupDepth$/], [/^preemption$/], [/^vulnerabilities\./]],
  tcpKilobytes: [[/^loopbackMtu$/], [/^tcpBuffers$/]],
  kilobytes: [],
};
const anyCarriers: readonly (readonly RegExp[])[] = [
  [/^target\.(runtime|accelerator)$/],
  [/^kernelCommandLine$/],
  [/^kernelRelease$/, /^kernelVersion$/, /^kernelConfigHash$/],
  [/^container$/],
];

/** What the metrics of a family are mostly made of, where no cause was found for their changes. */
const madeOf: Record<Family, readonly Quantity[]> = {
  control: [],
  clock: ['entries'],
  syscall: ['entries'],
  signal: ['entries'],
  context: ['switches', 'entries'],
  process: ['switches', 'entries'],
  memory: ['entries'],
  net: ['tcpKilobytes', 'switches', 'entries'],
  sendfile: ['tcpKilobytes', 'kilobytes', 'entries'],
  exact: [],
  host: [],
};

/** A mitigation may differ in many files for one cause. */
const MAX_CARRIERS = 3;

/** Those of the differences that could carry a cause, the likeliest first. */
export function carriersOf(
  quantities: readonly Quantity[],
  differences: readonly Difference[],
): Difference[] {
  const found = groupsOf(quantities).flatMap((group) => {
    const own = group.map((pattern) => differences.filter(({ field }) => pattern.test(field)));
    return own.find((some) => some.length > 0) ?? [];
  });
  return [...new Set(found)].slice(0, MAX_CARRIERS);
}

const groupsOf = (quantities: readonly Quantity[]) => [
  ...quantities.flatMap((quantity) => carriers[quantity]),
  ...anyCarriers,
];

/** What differs between the sides, and what could be read on one of them only. */
export type Differing = Pick<Report, 'differences' | 'unreadable'>;

/**
 * What differs between the sides: what can carry the changes that were called, then the rest.
 * Against stored runs, the last one: what changed since, rather than everything that ever did. Over
 * machines, what differs between the sides of any of them.
 */
export function differencesOf(comparison: Comparison, diagnosis: Diagnosis | undefined): Differing {
  const { baseline, candidate, machines } = comparison;
  const last = baseline.at(-1);
  const sides = machines ?? (last === undefined ? [] : [{ baseline: last, candidate }]);
  const found = sides.flatMap((pair) => fieldDifferences(pair.baseline, pair.candidate));
  const once = [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
  const quantities =
    diagnosis?.terms.map(({ quantity }) => quantity) ?? calledQuantities(comparison);
  const patterns = groupsOf(quantities).flat();
  const rank = ({ field }: Difference): number => {
    const index = patterns.findIndex((pattern) => pattern.test(field));
    return index < 0 ? patterns.length : index;
  };
  const read = once.filter((one) => !isUnread(one.baseline) && !isUnread(one.candidate));
  const unread = (side: 'baseline' | 'candidate') =>
    once.filter((one) => isUnread(one[side])).map(({ field }) => field);
  return {
    differences: read.toSorted((a, b) => rank(a) - rank(b)),
    unreadable: { baseline: unread('baseline'), candidate: unread('candidate') },
  };
}

/** What the probe says of a setting that it cannot read. */
const UNREAD = 'unknown';

/** A setting may have parts: `rmem unknown; wmem unknown`. */
const isUnread = (value: string): boolean =>
  value.split('; ').every((part) => part === UNREAD || part.endsWith(` ${UNREAD}`));

/** Of the families of which a metric was called, the largest number of calls first. */
function calledQuantities({ findings }: Comparison): Quantity[] {
  const counts = new Map<Family, number>();
  for (const { id } of findings.filter(isCalled)) {
    const family = familyOf(id);
    if (family !== undefined) counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  const families = [...counts].toSorted((a, b) => b[1] - a[1]).map(([family]) => family);
  return [...new Set(families.flatMap((family) => madeOf[family]))];
}

function fieldDifferences(last: Run, candidate: Run): Difference[] {
  const [before, after] = [fieldsOf(last), fieldsOf(candidate)];
  const [own, other] = [before, after].map(mitigationsRead);
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((field) => ({
      field,
      baseline: before.get(field) ?? absence(field, own),
      candidate: after.get(field) ?? absence(field, other),
    }))
    .filter((pair) => pair.baseline !== pair.candidate)
    .map(wordByWord)
    .filter(({ field }, _index, all) => !isTold(field, all));
}

const MITIGATION = 'vulnerabilities.';

const mitigationsRead = (fields: ReadonlyMap<string, string>): boolean =>
  [...fields.keys()].some((field) => field.startsWith(MITIGATION));

/** Where no mitigation at all is known, the directory of them could not be read. */
const absence = (field: string, mitigationsKnown = true): string =>
  field.startsWith(MITIGATION) && !mitigationsKnown ? UNREAD : 'absent';

/** Of a command line, the words that are on one side only, in their order. */
function wordByWord(pair: Difference): Difference {
  const { field, baseline, candidate } = pair;
  if (field !== 'kernelCommandLine' || isUnread(baseline) || isUnread(candidate)) return pair;
  const [before, after] = [wordsOf(baseline), wordsOf(candidate)];
  const [gone, come] = [without(before, after), without(after, before)];
  if (gone.length + come.length === 0) return pair;
  return { field, baseline: gone.join(' ') || 'absent', candidate: come.join(' ') || 'absent' };
}

/** Blanks in double quotes are a part of a word, as the kernel reads it. */
const wordsOf = (line: string): string[] => line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];

/** The words of one line less those of the other, each as often as it is there. */
function without(words: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return words.filter((word) => {
    const index = left.indexOf(word);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** What a kernel's image says of itself the booted one does, too; and another one is another file. */
const isTold = (field: string, all: readonly Difference[]): boolean =>
  field === 'target.kernel' ||
  (field === 'target.sha256' && all.some((one) => one.field === 'kernelVersion'));

/** A run's sides as flat text: `vulnerabilities` becomes one field for each file of the directory. */
function fieldsOf({ subject, platform, target }: Run): Map<string, string> {
  const { vulnerabilities, ...rest }: Subject = subject;
  const machine: Platform = platform;
  return new Map([
    ...texts(rest),
    ...texts(vulnerabilities, 'vulnerabilities.'),
    ...texts(target.facts ?? {}, 'target.'),
    ...texts(machine),
  ]);
}

const texts = (fields: Readonly<Record<string, string | number>>, prefix = '') =>
  Object.entries(fields).map(([field, value]) => [`${prefix}${field}`, String(value)] as const);

/** What differs, and in one line for a side what could not be read there. */
export function differenceBlocks({ differences, unreadable }: Differing): Block[] {
  const changes = differences.map(({ field, ...values }) => ({
    name: fieldName(field),
    ...values,
  }));
  return [
    ...(changes.length === 0
      ? []
      : [{ kind: 'changes' as const, title: 'Differs between the sides', changes }]),
    ...prose(unreadableText('baseline', unreadable.baseline)),
    ...prose(unreadableText('candidate', unreadable.candidate)),
  ];
}

const MAX_NAMED = 4;

/** `Not readable on the candidate: preemption, microcode, mitigation of mds and 23 more settings.` */
function unreadableText(side: string, fields: readonly string[]): string {
  if (fields.length === 0) return '';
  const [named, left] = [fields.slice(0, MAX_NAMED).map(fieldName), fields.length - MAX_NAMED];
  const more = left > 0 ? ` and ${countOf(left, 'more setting')}` : '';
  return `Not readable on the ${side}: ${named.join(', ')}${more}.`;
}
