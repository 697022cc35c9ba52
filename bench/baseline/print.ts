import Table from 'cli-table3';
import { sum } from 'simple-statistics';
import { formatShare } from '#src/text/units.js';
import type { Baseline } from './result.ts';
import type { Segments } from './segments.ts';
import { CHANGES, type Figures } from './walk.ts';

/** The result for a terminal: one table for each folder of records. */
export const render = ({ series }: Baseline): string =>
  series
    .map(({ from, to, unchanged, slowed, figures, segments }) =>
      [
        `\n${from} to ${to}: ${unchanged} unchanged and ${slowed} slowed runs`,
        table(HEAD, figures.map(figuresRow)),
        table(['rule', 'red after a merged +15 %', '−15 %, then +12 %'], segments.map(segmentsRow)),
        '',
      ].join('\n'),
    )
    .join('\n');

const HEAD = [
  ...['rule', 'stored', 'unchanged red', 'at most', 'no verdict', 'slowed', '8 % a call'],
  ...CHANGES.map((change) => `+${formatShare(change)}`),
  'MDE80 printed',
];

const figuresRow = ({ rule, of, stored, unchanged, slowed, added, single, mde80 }: Figures) => [
  ...[`${of}: ${rule}`, `${stored}`, `${unchanged.red} of ${unchanged.runs}`],
  ...[formatShare(unchanged.upperBound), `${unchanged.withoutVerdict}`],
  ...[slowed, added, ...single].map(({ caught, runs }) => `${caught} of ${runs}`),
  mde80 === null ? '' : formatShare(mde80),
];

const segmentsRow = ({ rule, of, merged, slowerAgain }: Segments) => [
  `${of}: ${rule}`,
  `${sum(merged.map(({ red }) => red))} of ${sum(merged.map(({ runs }) => runs))} runs`,
  `${slowerAgain.filter(({ caught }) => caught).length} of ${slowerAgain.length}`,
];

function table(head: string[], rows: string[][]): string {
  const drawn = new Table({ head, style: { head: [], border: [], compact: true } });
  drawn.push(...rows);
  return drawn.toString();
}
