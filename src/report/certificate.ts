import { sum } from 'simple-statistics';
import { familyNameOf } from '../families.js';
import {
  type InstructionsReport,
  isInstructionsReport,
  isMeasuredReport,
  type MeasuredReport,
} from '../record/finding.js';
import type { Certificate, FamilyCertificate, Report } from '../record/report.js';
import { countOf, formatShare } from '../text/units.js';
import { grid, type Table } from './blocks.js';
import { rangeText, unchangedRunsText } from './design-words.js';
import { familyRank, familyTitle } from './family-words.js';
import { noiseOf, type Spread, spreadOf } from './noise.js';

/** Two one-sided tests of identical sides at the margin, for each metric: slower and faster. */
const TESTS_OF_FLOOR = 2;

/**
 * How far to trust a run, from its own data: the false-alarm rate of its verdicts and, for each family
 * of gated metrics, the noise floor and the smallest detectable change.
 */
export function certificateOf(judged: Judged): Certificate {
  const gated = judged.findings.filter(({ gate, candidate }) => gate && candidate.status === 'ok');
  const counted = gated.filter(isInstructionsReport);
  return {
    alpha: judged.alpha,
    holds: [holdsText(judged, counted.length), countedText(counted)]
      .filter((one) => one !== '')
      .join(' '),
    families: families(gated.filter(isMeasuredReport)),
    resolution: spreadOf(counted, resolutionShare) ?? null,
  };
}

type Judged = Pick<Report, 'design' | 'alpha' | 'familySize' | 'findings'>;

const resolutionShare = ({ resolution, candidate }: InstructionsReport): number | null =>
  resolution === null || candidate.status !== 'ok' || candidate.count === 0
    ? null
    : resolution / candidate.count;

/** Counts have no false-alarm rate. Their only error is the difference between boots. */
const countedText = (counted: readonly InstructionsReport[]): string => {
  const spread = spreadOf(counted, resolutionShare);
  return spread === undefined
    ? ''
    : `Counts are exact: boots of the same side differ by ${formatShare(spread.median)} of the count (median over the metrics), and by ${formatShare(spread.worst)} at most (${spread.worstId}).`;
};

function families(metrics: readonly MeasuredReport[]): FamilyCertificate[] {
  const names = [...new Set(metrics.map(({ id }) => familyNameOf(id)))];
  return names
    .toSorted((a, b) => familyRank(a) - familyRank(b) || 0)
    .map((family) =>
      familyCertificate(
        family,
        metrics.filter(({ id }) => familyNameOf(id) === family),
      ),
    );
}

function familyCertificate(family: string, metrics: readonly MeasuredReport[]): FamilyCertificate {
  const timed = metrics.filter(({ margin }) => margin > 0);
  const margins = timed.map(({ margin }) => margin);
  const floors = timed.flatMap(({ floor }) => floor ?? []);
  const { floor, mde80 } = noiseOf(timed);
  return {
    family,
    gated: metrics.length,
    margin: timed.length === 0 ? null : { low: Math.min(...margins), high: Math.max(...margins) },
    floor: floor
      ? {
          ...floor,
          rejections: sum(floors.map(({ rejections }) => rejections)),
          tests: TESTS_OF_FLOOR * floors.length,
        }
      : null,
    mde80: mde80 ?? null,
    blind: timed.filter((metric) => metric.mde80 === null).length,
  };
}

/** What the false-alarm rate is and under which condition it holds, one sentence. */
function holdsText({ design, alpha, familySize }: Judged, counted: number): string {
  if (familySize === 0 && counted > 0) return '';
  if (familySize === 0) return 'No gated metric was tested, so there is no false-alarm rate.';
  const all = countOf(familySize, 'gated metric');
  const holds = `at most ${unchangedRunsText(alpha)} call any of ${all} regressed, and no more call any improved (Holm's correction over all metrics`;
  switch (design) {
    case 'paired':
      return `${capital(holds)}, on fresh launches only).`;
    case 'stored':
      return `${capital(holds)}), provided that new runs vary as much as the stored ones.`;
    case 'shards':
      return `${capital(holds)}), provided that the change does not differ between machines by more than assumed.`;
    case 'self':
      return `Nothing was judged. In a paired comparison, ${holds}).`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The certificate as a table, one family per row. */
export const certificateTable = (
  { holds, families: rows }: Certificate,
  title = 'How far to trust this run',
  remarks: readonly string[] = [],
): Table =>
  grid(
    title,
    [
      'gated metrics',
      'count',
      'margin',
      'noise',
      'detects',
      'alarms',
      'detects (worst)',
      'noise (worst)',
    ],
    rows.map(familyRow),
    [...remarks, holds],
  );

function familyRow({ family, gated, margin, floor, mde80, blind }: FamilyCertificate): string[] {
  return [
    familyTitle(family),
    `${gated}`,
    margin === null ? 'exact' : rangeText(margin.low, margin.high),
    floor === null ? '' : formatShare(floor.median),
    mde80 === null ? '' : formatShare(mde80.median),
    floor === null ? '' : `${floor.rejections} of ${floor.tests}`,
    blind > 0 ? `none for ${blind}` : worstText(mde80),
    worstText(floor),
  ];
}

const worstText = (spread: Spread | null): string =>
  spread === null ? '' : `${formatShare(spread.worst)} (${spread.worstId.replace(/^\w+\./, '')})`;
