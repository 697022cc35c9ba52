/** What a comparison says of a metric. */
export type MetricVerdict =
  | 'regressed'
  | 'improved'
  | 'unchanged'
  | 'inconclusive'
  | 'incomparable';

/** The most telling verdict of the gated metrics, or that there was nothing to compare with. */
export type GateVerdict = MetricVerdict | 'no-baseline';

/**
 * A finding outranks the absence of one: `improved` is a confirmed change and stands above
 * `inconclusive`, which only says that the run was too short or the machine too loud for a metric.
 * `unchanged` comes last, so that it is said only of a gate whose every metric was shown to be.
 */
export const MOST_TELLING_FIRST: readonly MetricVerdict[] = [
  'regressed',
  'improved',
  'inconclusive',
  'incomparable',
  'unchanged',
];
