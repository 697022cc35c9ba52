import type { Quantity, Report } from '../record/report.js';
import type { Platform, Run, Subject } from '../record/run.js';
import type { Comparison } from '../verdict/comparison.js';
import type { Diagnosis } from '../verdict/diagnosis.js';
import { familyOf } from './words.js';

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
const madeOf: Record<string, readonly Quantity[]> = {
  clock: ['entries'],
  syscall: ['entries'],
  signal: ['entries'],
  context: ['switches', 'entries'],
  process: ['switches', 'entries'],
  memory: ['entries'],
  net: ['tcpKilobytes', 'switches', 'entries'],
  sendfile: ['tcpKilobytes', 'kilobytes', 'entries'],
};

/** A mitigation may differ in many files for one cause. */
const MOST_CARRIERS = 3;

/** Those of the differences that could carry a cause, the likeliest first. */
export function carriersOf(
  quantities: readonly Quantity[],
  differences: readonly Difference[],
): Difference[] {
  const found = groupsOf(quantities).flatMap((group) => {
    const own = group.map((pattern) => differences.filter(({ field }) => pattern.test(field)));
    return own.find((some) => some.length > 0) ?? [];
  });
  return [...new Set(found)].slice(0, MOST_CARRIERS);
}

const groupsOf = (quantities: readonly Quantity[]) => [
  ...quantities.flatMap((quantity) => carriers[quantity]),
  ...anyCarriers,
];

/**
 * What differs between the sides: what can carry the changes that were called, then the rest.
 * Against stored runs, the last one: what changed since, rather than everything that ever did. Over
 * machines, what differs between the sides of any of them.
 */
export function differencesOf(
  comparison: Comparison,
  diagnosis: Diagnosis | undefined,
): Difference[] {
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
  return once.toSorted((a, b) => rank(a) - rank(b));
}

/** Of the families of which a metric was called, the largest number of calls first. */
function calledQuantities({ metrics }: Comparison): Quantity[] {
  const called = metrics.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved');
  const counts = new Map<string, number>();
  for (const { id } of called) counts.set(familyOf(id), (counts.get(familyOf(id)) ?? 0) + 1);
  const families = [...counts].toSorted((a, b) => b[1] - a[1]).map(([family]) => family);
  return [...new Set(families.flatMap((family) => madeOf[family] ?? []))];
}

function fieldDifferences(last: Run, candidate: Run): Difference[] {
  const [before, after] = [fieldsOf(last), fieldsOf(candidate)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((field) => ({
      field,
      baseline: before.get(field) ?? 'absent',
      candidate: after.get(field) ?? 'absent',
    }))
    .filter((pair) => pair.baseline !== pair.candidate)
    .filter(({ field }, _index, all) => !isTold(field, all));
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
