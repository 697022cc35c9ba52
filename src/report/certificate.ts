import { sum } from 'simple-statistics';
import type { Certificate, FamilyCertificate, MetricReport, Report } from '../record/report.js';
import { countOf, formatShare } from '../text/units.js';
import type { Grid } from './grid.js';
import { noiseOf, type Spread } from './noise.js';
import { familyName, familyOf, familyRank, rangeText } from './words.js';

/** Two one-sided tests of identical sides at the margin: slower, and faster. */
const TESTS_OF_FLOOR = 2;

/**
 * What a run's own data says of how far to trust it: the error level that its verdicts hold, and for
 * each family of gated metrics the differences between identical sides and what would be caught.
 */
export const certificateOf = (
  judged: Pick<Report, 'design' | 'alpha' | 'familySize' | 'metrics'>,
): Certificate => ({
  alpha: judged.alpha,
  holds: holdsText(judged),
  families: families(
    judged.metrics.filter(({ gate, candidate }) => gate && candidate.status === 'ok'),
  ),
});

function families(metrics: readonly MetricReport[]): FamilyCertificate[] {
  const names = [...new Set(metrics.map(({ id }) => familyOf(id)))];
  return names
    .toSorted((a, b) => familyRank(a) - familyRank(b) || 0)
    .map((family) =>
      familyCertificate(
        family,
        metrics.filter(({ id }) => familyOf(id) === family),
      ),
    );
}

function familyCertificate(family: string, metrics: readonly MetricReport[]): FamilyCertificate {
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

/** What the error level holds for, one sentence. */
function holdsText({
  design,
  alpha,
  familySize,
}: Pick<Report, 'design' | 'alpha' | 'familySize'>): string {
  if (familySize === 0) return 'No gated metric was tested, so there is no error level to hold.';
  const level = formatShare(alpha);
  const all = countOf(familySize, 'gated metric');
  const holds = `at most ${level} of runs without a change call any of ${all} regressed, and at most ${level} improved (family-wise, by Holm`;
  switch (design) {
    case 'duet':
      return `${capital(holds)}, on fresh launches alone).`;
    case 'prediction':
      return `${capital(holds)}), as long as runs vary here as the stored ones do.`;
    case 'shards':
      return `${capital(holds)}), as long as machines differ in the change no more than was allowed for.`;
    case 'self':
      return `Nothing was judged; of two sides measured in turn, ${holds}).`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The certificate as a table, a family a row. */
export const certificateGrid = ({ holds, families: rows }: Certificate): Grid => ({
  title: 'Certificate',
  head: [
    'gated metrics',
    'count',
    'margin',
    'floor',
    'MDE80',
    'rejected',
    'worst MDE80',
    'worst floor',
  ],
  rows: rows.map(familyRow),
  says: [holds],
});

function familyRow({ family, gated, margin, floor, mde80, blind }: FamilyCertificate): string[] {
  return [
    familyName(family),
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
