import type { MetricReport, Report, SideReport } from '../record/report.js';
import { placesOf } from './places.js';
import { familyName, familyRank } from './words.js';

/**
 * What a reader should see first: findings, then what could not be decided, then the rest by
 * family. Every metric is in exactly one section.
 */
export interface Section {
  kind: 'regressed' | 'improved' | 'access' | 'inconclusive' | 'incomparable' | 'family' | 'absent';
  title: string;
  metrics: MetricReport[];
}

const leading: readonly [kind: Section['kind'], title: string][] = [
  ['regressed', 'Regressed'],
  ['access', 'Available on one side only'],
  ['improved', 'Improved'],
  ['inconclusive', 'Inconclusive'],
  ['incomparable', 'Not comparable'],
];

/** @returns sections in reading order, none of them empty */
export function sections(report: Report): Section[] {
  const ofKind = (kind: Section['kind']) =>
    report.metrics.filter((metric) => kindOf(report, metric) === kind);
  const all: Section[] = [
    ...leading.map(([kind, title]) => ({
      kind,
      title: titleOf(kind, report) ?? title,
      metrics: ofKind(kind).sort(byWeight),
    })),
    ...byFamily(ofKind('family')),
    { kind: 'absent', title: 'Not measured', metrics: ofKind('absent') },
  ];
  return all.filter(({ metrics }) => metrics.length > 0);
}

/** Of sides of different kinds, which is the slower. */
function titleOf(kind: Section['kind'], report: Report): string | undefined {
  const places = placesOf(report);
  if (places === undefined) return undefined;
  if (kind === 'regressed') return `Slower ${places.candidate} than ${places.baseline}`;
  if (kind === 'improved') return `Faster ${places.candidate} than ${places.baseline}`;
  return undefined;
}

/** The sections whose metrics are findings: what a pull request is told about first. */
export const isFinding = ({ kind }: Section): boolean =>
  kind === 'regressed' || kind === 'access' || kind === 'improved';

/**
 * Whether a metric can be measured on one side and is refused on the other: a finding of its own.
 * A metric that an older record does not hold, or that was too noisy once, is not.
 */
export function accessDiffers({ baseline, candidate }: MetricReport): boolean {
  return (refused(baseline) && candidate.status === 'ok') || lost({ baseline, candidate });
}

/** Whether the candidate lost access to something that the baseline could do. */
export const lost = ({ baseline, candidate }: Pick<MetricReport, 'baseline' | 'candidate'>) =>
  baseline.status === 'ok' && refused(candidate);

function kindOf({ design }: Report, metric: MetricReport): Section['kind'] {
  if (metric.candidate.status !== 'ok' && metric.baseline.status !== 'ok') return 'absent';
  if (design === 'self') return metric.candidate.status === 'ok' ? 'family' : 'absent';
  if (accessDiffers(metric)) return 'access';
  return metric.verdict === 'unchanged' ? 'family' : metric.verdict;
}

function refused({ status }: SideReport): boolean {
  return status !== 'ok' && status !== 'absent' && status !== 'unstable';
}

function byFamily(metrics: MetricReport[]): Section[] {
  const titles = new Map<string, MetricReport[]>();
  for (const metric of metrics.toSorted((a, b) => familyRank(a.id) - familyRank(b.id) || 0)) {
    const title = familyName(metric.id);
    titles.set(title, [...(titles.get(title) ?? []), metric]);
  }
  return [...titles].map(([title, members]) => ({ kind: 'family', title, metrics: members }));
}

/** Gated metrics before those that only inform, then the largest change first. */
function byWeight(a: MetricReport, b: MetricReport): number {
  return Number(b.gate) - Number(a.gate) || changeSize(b) - changeSize(a);
}

/** How far a metric moved, whichever way, on the scale on which ×2 and ÷2 are equal. */
export const changeSize = ({ change }: MetricReport): number =>
  change === null ? 0 : Math.abs(Math.log(change.ratio));
