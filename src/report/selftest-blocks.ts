import type { Injection } from '../record/injection.js';
import type { Injected, InjectionReport, Selftest } from '../record/selftest.js';
import { formatNsDifference, formatShare } from '../text/units.js';
import { type Block, facts, grid, list, type Table } from './blocks.js';
import { certificateTable } from './certificate.js';
import { machineFacts } from './facts.js';
import { familyTitle } from './family-words.js';
import { secondsText, shareText, timeText } from './selftest-answer.js';

/** A self-test in the order of its steps. The answer comes last and is laid out separately. */
export const selftestBlocks = (selftest: Selftest): Block[] => [
  itselfTable(selftest),
  injectionsTable(selftest),
  scaledTable(selftest),
  ...list('Caveats', selftest.caveats).map((caveats) => ({ ...caveats, caution: true as const })),
  ...facts('', machineFacts(selftest)),
];

function itselfTable({ certificate, alarms, gateMs }: Selftest): Table {
  const alarm =
    alarms.length === 0
      ? 'Identical sides raised no alarm.'
      : `Identical sides were called changed in ${alarms.join(', ')}.`;
  const title = `The machine compared with itself, by a gate of ${secondsText(gateMs)}`;
  return certificateTable(certificate, title, [alarm]);
}

function injectionsTable({ injections }: Selftest): Table {
  const done = injections.filter((one) => one.status === 'ok');
  return grid(
    'The machine compared with itself, with every system call made slower',
    ['injection', 'per entry', 'null call', 'first caught', 'caught', 'of detectable', 'first on'],
    done.map(injectionRow),
    [...injections.flatMap(obstacle), ...meanings(done)],
  );
}

const FILTERS =
  'seccomp: a filter that the kernel runs on every call; seccomp-cached: a filter whose answer the kernel caches.';

const MEANINGS: Record<Injection, string> = {
  'seccomp-cached': FILTERS,
  seccomp: FILTERS,
  'user-dispatch': 'user-dispatch: a flag of the process that the kernel checks on every call.',
};

const COLUMNS = [
  'first caught: measuring time until a gate would have confirmed the first metric.',
  'caught: of the gated metrics that this injection slows by more than their margin.',
  'of detectable: of those that it slows by more than this machine can detect four times in five.',
];

/** Explains the injections and columns of the table. */
const meanings = (done: readonly Injected[]): string[] =>
  done.length === 0
    ? []
    : [...new Set(done.map(({ injection }) => MEANINGS[injection])), ...COLUMNS];

const obstacle = (one: InjectionReport): string[] =>
  one.status === 'ok' ? [] : [`${one.injection} cannot be injected here: ${one.reason}.`];

function injectionRow(one: Injected): string[] {
  const caught = (ids: readonly string[]): string =>
    `${ids.filter((id) => one.caught.includes(id)).length} of ${ids.length}`;
  return [
    one.injection,
    formatNsDifference(one.addedNs),
    shareText(one),
    one.first === null ? 'not caught' : timeText(one.first),
    caught(one.slowed),
    caught(one.promised),
    one.first?.metric ?? '',
  ];
}

function scaledTable({ scaled, gateMs }: Selftest): Table {
  const [first] = scaled;
  const sizes = first?.caught.map(({ overMargin }) => `+${formatShare(overMargin)}`) ?? [];
  return grid(
    'Hypothetical changes: metrics in which they would be caught four times in five',
    ['over the margin by', ...sizes],
    scaled.map(({ family, gated, caught }) => [
      familyTitle(family),
      ...caught.map(({ metrics }) => `${metrics} of ${gated}`),
    ]),
    scaled.length === 0 ? [`No metric had enough pairs in ${secondsText(gateMs)}.`] : [],
  );
}
