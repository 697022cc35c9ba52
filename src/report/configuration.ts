import { type FindingReport, isInstructionsReport } from '../record/finding.js';
import { type KernelConfiguration, optionsOf } from '../record/kernel-configuration.js';
import type { ConfigurationReport, CountedReport } from '../record/report.js';
import type { Run } from '../record/run.js';
import { countOf } from '../text/units.js';
import type { Comparison } from '../verdict/comparison.js';

type OptionReport = ConfigurationReport['options'][number];

/** Two flavours of a kernel differ in thousands of options. */
const MAX_OPTIONS = 500;

/**
 * The build options in which the kernels of the two sides differ: first those near a function whose
 * instructions changed, then the others by name.
 *
 * A function's subsystem is the first word of its name, or its module. An option is near the function
 * if its own name contains that word: CONFIG_SECURITY_APPARMOR is near a new apparmor_file_permission.
 * The fewer options contain the word, the more it says, and the earlier the option comes.
 *
 * @returns undefined if one of the configurations is not known, or both are the same
 */
export function configurationReport(
  { baseline, candidate, machines }: Pick<Comparison, 'baseline' | 'candidate' | 'machines'>,
  counted: CountedReport | null,
  findings: readonly FindingReport[],
): ConfigurationReport | undefined {
  const last = baseline.at(-1);
  const [pair] = machines ?? (last === undefined ? [] : [{ baseline: last, candidate }]);
  const [before, after] = [configurationIn(pair?.baseline), configurationIn(pair?.candidate)];
  if (before === undefined || after === undefined) return undefined;
  const [own, others] = [optionsOf(before), optionsOf(after)];
  const names = [...new Set([...own.keys(), ...others.keys()])].toSorted();
  const nearness = nearnessTo(subsystemsOf(counted, findings), names);
  const options = names
    .filter((name) => own.get(name) !== others.get(name))
    .map((name) => ({
      ...{ name, baseline: own.get(name) ?? null, candidate: others.get(name) ?? null },
      rank: nearness(name),
    }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ rank, ...option }) => ({ ...option, near: rank < FAR }));
  if (options.length === 0) return undefined;
  const differing = options.length;
  return { differing, options: options.slice(0, MAX_OPTIONS) };
}

const configurationIn = (run: Run | undefined): KernelConfiguration | undefined =>
  run?.target.configuration;

/** Subsystems of the functions that changed. With many causes, only of the largest ones. */
function subsystemsOf(
  counted: CountedReport | null,
  findings: readonly FindingReport[],
): Set<string> {
  if (counted === null) return new Set();
  const { causes } = counted;
  const functions =
    causes.length > MAX_CAUSES
      ? causes.slice(0, MAX_CAUSES).flatMap((cause) => cause.functions)
      : findings.filter(isInstructionsReport).flatMap((finding) => finding.functions ?? []);
  const words = functions.flatMap(({ name, module }) => [
    wordsOf(name)[0] ?? '',
    ...(module === null ? [] : wordsOf(module)),
  ]);
  return new Set(words.filter((word) => word.length >= MIN_WORD));
}

const MAX_CAUSES = 20;

/** A single letter names no subsystem. */
const MIN_WORD = 2;

const wordsOf = (name: string): string[] =>
  name.split('_').flatMap((word) => (word === '' ? [] : [word.toLowerCase()]));

const FAR = Number.MAX_SAFE_INTEGER;

/** How many options share the option's rarest subsystem word: the fewer, the nearer. */
function nearnessTo(
  subsystems: ReadonlySet<string>,
  names: readonly string[],
): (name: string) => number {
  const frequency = new Map<string, number>();
  for (const word of names.flatMap(wordsOf)) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  return (name) =>
    Math.min(
      FAR,
      ...wordsOf(name).map((word) => (subsystems.has(word) ? (frequency.get(word) ?? FAR) : FAR)),
    );
}

/** More are in the report's JSON. */
const MAX_NEAR = 6;
const MAX_OTHERS = 4;
/** If kernels differ in more options, four arbitrary ones say nothing. */
const MAX_DIFFERING = 100;

/** `The kernel configurations differ in 3 options: …`; empty if they do not differ. */
export function configurationText({
  configuration,
}: {
  configuration: ConfigurationReport | null;
}) {
  if (configuration === null) return '';
  const { differing, options } = configuration;
  const near = options.filter((option) => option.near).slice(0, MAX_NEAR);
  const others =
    differing > MAX_DIFFERING && near.length > 0
      ? []
      : options.filter((option) => !option.near).slice(0, MAX_OTHERS);
  const left = differing - near.length - others.length;
  const rest = [...others.map(optionText), ...(left > 0 ? [`${left} more`] : [])].join(', ');
  const head = `The kernel configurations differ in ${countOf(differing, 'option')}`;
  if (near.length === 0) return `${head}: ${rest}.`;
  const nearText = `${head}. Near the functions that changed: ${near.map(optionText).join(', ')}.`;
  return rest === '' ? nearText : `${nearText} Others: ${rest}.`;
}

const optionText = ({ name, baseline, candidate }: OptionReport): string =>
  `CONFIG_${name} ${abridged(baseline)} → ${abridged(candidate)}`;

const MAX_VALUE_LENGTH = 60;

const abridged = (value: string | null): string =>
  value === null
    ? 'not set'
    : value.length > MAX_VALUE_LENGTH
      ? `${value.slice(0, MAX_VALUE_LENGTH)}…`
      : value;
