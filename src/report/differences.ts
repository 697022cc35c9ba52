import { type Family, familyOf } from '../families.js';
import { KEPT_IN, NOT_COUNTED } from '../record/facts.js';
import type { Quantity, Report } from '../record/report.js';
import type { Platform, Run, Subject } from '../record/run.js';
import { isUnknown, NOT_RECORDED, UNREADABLE } from '../record/unread.js';
import { isCalled } from '../record/verdict.js';
import { countOf } from '../text/units.js';
import type { Comparison } from '../verdict/comparison.js';
import type { Diagnosis } from '../verdict/diagnosis.js';
import { type Block, prose } from './blocks.js';
import { fieldName } from './field-words.js';

type Difference = Report['differences'][number];

/**
 * Fields that can cause a cost of each quantity, the likeliest first: filters and mitigations run at
 * every entry, the scheduler runs at every switch, and bytes pass through buffers and segments. In a
 * group, only the first field that differs is named. `anyCarriers` can cause any cost.
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

/** What the cost of a family mostly consists of. Used if no cause was found for its changes. */
const mainQuantities: Record<Family, readonly Quantity[]> = {
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

/** One cause may change many fields, such as many mitigations. */
const MAX_CARRIERS = 3;

/** The differences that could be the cause, the likeliest first. */
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

/** Fields that could cause a cost of these quantities, but have no value on a side. */
export function unreadCarriersOf(
  quantities: readonly Quantity[],
  fields: readonly string[],
): string[] {
  const patterns = groupsOf(quantities).flat();
  const found = patterns.flatMap((pattern) => fields.filter((field) => pattern.test(field)));
  return [...new Set(found)];
}

/** What differs between the sides, and what one side alone has no value of. */
export type Differing = Pick<Report, 'differences' | 'unreadable' | 'unrecorded'>;

/**
 * What differs between the sides: first what could cause the called changes, then the rest. Of stored
 * runs only the newest is compared, to show what changed since then. Over machines, what differs
 * between the sides of any machine.
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
  const read = once.filter((one) => !isUnknown(one.baseline) && !isUnknown(one.candidate));
  const without = (value: string) => {
    const on = (side: 'baseline' | 'candidate') =>
      once.filter((one) => one[side] === value).map(({ field }) => field);
    return { baseline: on('baseline'), candidate: on('candidate') };
  };
  const unrecorded = without(NOT_RECORDED);
  return {
    differences: read.toSorted((a, b) => rank(a) - rank(b)),
    unreadable: without(UNREADABLE),
    ...(unrecorded.baseline.length + unrecorded.candidate.length > 0 ? { unrecorded } : {}),
  };
}

/** The quantities of the families with called metrics, the family with the most of them first. */
function calledQuantities({ findings }: Comparison): Quantity[] {
  const counts = new Map<Family, number>();
  for (const { id } of findings.filter(isCalled)) {
    const family = familyOf(id);
    if (family !== undefined) counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  const families = [...counts].toSorted((a, b) => b[1] - a[1]).map(([family]) => family);
  return [...new Set(families.flatMap((family) => mainQuantities[family]))];
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
    .filter((pair) => !isOfCounting(pair, last, candidate))
    .map(wordByWord)
    .map(partByPart)
    .filter(({ field }, _index, all) => !isRedundant(field, all));
}

/**
 * Facts of a host say how it was counted. If only one of two hosts was counted, these facts are no
 * difference between the machines.
 */
function isOfCounting(pair: Difference, last: Run, candidate: Run): boolean {
  const { field } = pair;
  if (field === `target.${NOT_COUNTED}` || field === `target.${KEPT_IN}`) return true;
  const hosts = last.target.kind === 'host' && candidate.target.kind === 'host';
  const onOneSide = [pair.baseline, pair.candidate].includes(ABSENT);
  return hosts && onOneSide && field.startsWith('target.');
}

const MITIGATION = 'vulnerabilities.';

/** What is shown of a setting that a side does not have. */
const ABSENT = 'absent';

const mitigationsRead = (fields: ReadonlyMap<string, string>): boolean =>
  [...fields.keys()].some((field) => field.startsWith(MITIGATION));

/** If no mitigation at all is known, their directory could not be read. */
const absence = (field: string, mitigationsKnown = true): string =>
  field.startsWith(MITIGATION) && !mitigationsKnown ? UNREADABLE : ABSENT;

/** For a command line, only the words that one side does not have, in their order. */
function wordByWord(pair: Difference): Difference {
  const { field, baseline, candidate } = pair;
  if (field !== 'kernelCommandLine' || isUnknown(baseline) || isUnknown(candidate)) return pair;
  const [before, after] = [wordsOf(baseline), wordsOf(candidate)];
  const [gone, come] = [without(before, after), without(after, before)];
  if (gone.length + come.length === 0) return pair;
  return { field, baseline: gone.join(' ') || ABSENT, candidate: come.join(' ') || ABSENT };
}

/** Blanks in double quotes belong to a word, as in the kernel's own parser. */
const wordsOf = (line: string): string[] => line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];

/** The words of one line without those of the other. A repeated word is removed once for each match. */
function without(words: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return words.filter((word) => {
    const index = left.indexOf(word);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** Settings that consist of parts, and what stands between these. */
const SEPARATORS: Readonly<Record<string, string>> = {
  securityModules: '; ',
  tcpBuffers: '; ',
  preemption: ', ',
};

/**
 * For a setting of several parts, only those that both sides could read:
 * `rmem unknown; wmem 4096 16384 4194304` and `unknown; profile unconfined` have one each.
 */
function partByPart(pair: Difference): Difference {
  const separator = SEPARATORS[pair.field];
  const { field, baseline, candidate } = pair;
  if (separator === undefined || isUnknown(baseline) || isUnknown(candidate)) return pair;
  const sides = [baseline, candidate].map((value) => partsOf(value, separator));
  const names = [...new Set(sides.flatMap((parts) => [...parts.keys()]))];
  const known = names.filter((name) => sides.every((parts) => !isUnreadPart(parts.get(name))));
  if (known.length === names.length) return pair;
  const [before = '', after = ''] = sides.map((parts) =>
    known.flatMap((name) => parts.get(name) ?? []).join(separator),
  );
  if (before !== after) return { field, baseline: before || ABSENT, candidate: after || ABSENT };
  const [own, other] = sides.map((parts) => [...parts.values()].some(isUnreadPart));
  return {
    field,
    baseline: own ? UNREADABLE : baseline,
    candidate: other ? UNREADABLE : candidate,
  };
}

/** The parts by their first word if that is a name, else by their place. */
const partsOf = (value: string, separator: string): Map<string, string> =>
  new Map(
    value
      .split(separator)
      .map((part, place) => [/^(?:profile|rmem|wmem)(?= )/.exec(part)?.[0] ?? `${place}`, part]),
  );

/** A preemption mode is `default` if nothing sets it and the kernel does not show which one it is. */
const isUnreadPart = (part: string | undefined): boolean =>
  part !== undefined && (isUnknown(part) || part === 'default' || part.endsWith(` ${UNREADABLE}`));

/**
 * A kernel reports its own version and command line, so a difference of the image, its hash or the
 * words that it was booted with adds nothing.
 */
const isRedundant = (field: string, all: readonly Difference[]): boolean =>
  field === 'target.kernel' ||
  field === 'target.counted kernel' ||
  (field === 'target.counted with' && all.some((one) => one.field === 'kernelCommandLine')) ||
  (['target.sha256', 'target.counted sha256'].includes(field) &&
    all.some((one) => one.field === 'kernelVersion'));

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
  Object.entries(fields).map(
    ([field, value]) => [`${prefix}${field}`, String(value) || UNREADABLE] as const,
  );

/** What differs, and one line for each side about the settings that have no value there. */
export function differenceBlocks({ differences, unreadable, unrecorded }: Differing): Block[] {
  const changes = differences.map(({ field, ...values }) => ({
    name: fieldName(field),
    ...values,
  }));
  return [
    ...(changes.length === 0
      ? []
      : [{ kind: 'changes' as const, title: 'Differences between the sides', changes }]),
    ...prose(listText('Not readable on the baseline', unreadable.baseline)),
    ...prose(listText('Not readable on the candidate', unreadable.candidate)),
    ...prose(listText(notRecordedOn('baseline'), unrecorded?.baseline ?? [])),
    ...prose(listText(notRecordedOn('candidate'), unrecorded?.candidate ?? [])),
  ];
}

const notRecordedOn = (side: string): string =>
  `Not recorded by the older syscall-gate that measured the ${side}`;

const MAX_NAMED = 4;

/** `Not readable on the candidate: preemption, microcode, mitigation of mds and 23 more settings.` */
const listText = (what: string, fields: readonly string[]): string =>
  fields.length === 0 ? '' : `${what}: ${settingsText(fields)}.`;

/** The first settings by name, and how many more there are. */
export function settingsText(fields: readonly string[]): string {
  const [named, left] = [fields.slice(0, MAX_NAMED).map(fieldName), fields.length - MAX_NAMED];
  return `${named.join(', ')}${left > 0 ? ` and ${countOf(left, 'more setting')}` : ''}`;
}
