import type { Family } from '../families.js';

/**
 * Every constant that the statistics rest on, with where it comes from and what it would break.
 * Measurements without a source are this project's own, on 2-core virtual machines with neighbours.
 */

/**
 * Level of the screen, of each metric by itself, either direction. It only decides what is worth
 * measuring again: nothing is called a regression on it, and the confirmation alone, on fresh data,
 * holds the level of the gate whatever the screen lets through. So it is not corrected for how many
 * metrics there are. With Holm's correction at 0.20 family-wise over 62 metrics, one or two slow
 * launches among sixteen pairs hid a change of 2 % in a system call from the screen: 21 of 34 were
 * caught in 95 % of 25 gates, and without it 26. Lower, and real changes are never measured twice;
 * higher, and confirming takes the time of metrics that did not change: of 194 gates of identical
 * sides none flagged a metric at 0.05, since that is tested against the margin.
 */
export const SCREEN_LEVEL = 0.05;

/**
 * Family-wise level of `regressed`, and of `improved`: one unchanged gate in a hundred at most. A
 * gate that runs fifty times a day at 0.05 cries wolf every morning.
 */
export const DEFAULT_ALPHA = 0.01;

/**
 * Level of each of the two one-sided tests behind `unchanged` (D. J. Schuirmann, Journal of
 * Pharmacokinetics and Biopharmaceutics 15, 1987, 657-680). Higher, and noise passes for proof.
 */
export const EQUIVALENCE_ALPHA = 0.05;

/** Coverage of the interval that must lie inside the margins: two one-sided tests make 1 − 2α. */
export const EQUIVALENCE_CONFIDENCE = 1 - 2 * EQUIVALENCE_ALPHA;

/** Coverage of the intervals that people read. Convention only; decides nothing. */
export const SHOWN_CONFIDENCE = 0.95;

/**
 * Smallest change that matters in a duet, as a ratio. Launch-to-launch differences between
 * identical programs (layout, boot) persist up to about 1 %: a smaller margin calls them findings.
 */
export const DUET_MARGIN = 0.02;

/** The same against stored runs, which also differ by machine and by the day. */
export const PREDICTION_MARGIN = 0.03;

/**
 * Up to this many differences the signed-rank distribution is exact. The counts behind it reach
 * 2^n, whole in a double up to n = 53. At 50 the normal approximation is off by 0.0017 at most, and
 * errs upwards where a gate looks: by 5 to 60 % of p between 0.01 and 0.0001. A lower limit would
 * cost power; a higher one needs counts that a double cannot hold.
 */
export const EXACT_LIMIT = 50;

/**
 * Fewer replicates than this say nothing about spread: 5 is the first n with 2^−n ≤ 0.05, that is
 * with a bounded 90 % interval. Lower, and an interval or an MDE80 would be invented.
 */
export const MINIMUM_REPLICATES = 5;

/** Advice to gather more than this many pairs is no advice: a record holds 10,000 replicates. */
export const MOST_PAIRS_TO_SETTLE = 10_000;

/** The same for stored runs: most of a year of nightly ones. */
export const MOST_RUNS_TO_SETTLE = 200;

/** The share of real changes that the printed smallest detectable change refers to. */
export const POWER = 0.8;

/**
 * A replicate's estimate is this quantile of its kept batches, on A/A data the one with the smallest
 * deviation between launches: 0.27 % at 0.05 and 0.10, 0.33 % at 0.20, 0.40 % at 0.25, 0.8 % at the
 * median (geometric means over the gated metrics). Batches come in modes, of which the lowest, where
 * every branch is predicted, is the one that all launches meet; the minimum itself is one batch.
 * Never to be chosen after a candidate.
 */
export const ESTIMATE_QUANTILE = 0.1;

/**
 * The control loop's quantile over the same batches. It has one mode and hardly any noise, so the
 * choice matters little; low, so that an interruption of a control batch does not count.
 */
export const CONTROL_QUANTILE = 0.25;

/**
 * A batch counts when its CPU time over its wall time exceeds this share of the metric's best. With
 * a burner on the same CPU it kept the median of a context switch at 2.2 us while the unfiltered
 * 90th percentile went from 2.6 to 11.7. Higher, and clock granularity rejects good batches.
 */
export const OCCUPANCY_THRESHOLD = 0.97;

/**
 * A batch counts when the wide control loop right after it takes no longer than this share of what
 * it takes on a quiet core. On virtual machines with neighbours it agrees to 0.1 % from launch to
 * launch; beside a busy sibling thread it takes 1.3 to 1.5 times as long, and so does a system call,
 * for a tenth of a second at a time. Without the filter the deviation between launches is twice as
 * large. Lower, and an interrupt in the loop rejects good batches.
 */
export const WIDTH_THRESHOLD = 1.05;

/** A launch of which a smaller share of the batches met a quiet core says nothing of the metric. */
export const QUIET_SHARE = 1 / 3;

/** A metric with a smaller share of its batches kept is `unstable`: what is left is a selection. */
export const UNSTABLE_SHARE = 0.5;

/**
 * How many observations the shipped between-run deviations are worth. Initial guess: few enough
 * that ten stored runs outweigh it, enough that one does not.
 */
export const PRIOR_DEGREES_OF_FREEDOM = 5;

/**
 * Standard deviation of a run-level estimate between runs on one platform key, on the log scale
 * (0.01 is one percent), by metric family. INITIAL GUESSES, above the run-to-run deviations of one
 * machine (0.1 to 0.6 % over 20 minutes), since other days and other machines of the same key add to
 * them. Too small, and a gate with one or two stored runs cries wolf; too large, and it stays silent
 * until about ten runs are stored.
 */
export const PRIOR_STANDARD_DEVIATIONS: Readonly<Partial<Record<Family, number>>> = {
  control: 0.01,
  clock: 0.01,
  syscall: 0.01,
  context: 0.02,
  sendfile: 0.015,
};

/** For a family without a guess of its own: the widest of them. */
export const OTHER_PRIOR_STANDARD_DEVIATION = Math.max(...Object.values(PRIOR_STANDARD_DEVIATIONS));

/**
 * Standard deviation between machines of what one and the same change costs there (arm × machine),
 * on the log scale. INITIAL GUESS: a quarter of a duet's margin. Identical sides should not differ
 * by machine at all, since each machine's pairs cancel its speed; a change of 10 % that is worth 8 %
 * on one CPU model and 12 % on another shows twice this much and widens the interval by itself. Too
 * small, and two odd machines are taken for a proof; too large, and it takes more machines to see
 * what three agree on.
 */
export const MACHINE_PRIOR_STANDARD_DEVIATION = 0.005;

/** How many machines that guess is worth. Initial guess, for the reason given for runs above. */
export const MACHINE_PRIOR_DEGREES_OF_FREEDOM = 5;

/** Advice to take more machines than this is no advice: a matrix has 256 legs at most. */
export const MOST_MACHINES_TO_SETTLE = 256;

/**
 * How many robust deviations from the centre a stored run may lie and still count in full towards
 * the between-run spread. Normal runs lie further out once in 370: lower, and the spread of honest
 * runs is cut; higher, and one regression among the stored runs hides the next.
 */
export const WINSOR_LIMIT = 3;

/** Makes the median absolute deviation of normal data estimate their standard deviation. */
export const MAD_TO_DEVIATION = 1.4826;

/**
 * A launch is slow when it lies above what is typical by the margin and so many robust deviations.
 * Normal launches lie further out once in three million: lower, and ordinary ones are told of;
 * higher, and it takes a slower path than most to be noticed.
 */
export const SLOW_DEVIATIONS = 5;

/**
 * A count is taken for exact when so large a share of a side's launches agree on it. Counts are
 * made of tens of operations, of which a preemption disturbs one: fewer agreeing means that the
 * system itself does not do the same thing each time.
 */
export const COUNT_AGREEMENT = 0.8;

/**
 * Instructions of an operation that two boots of one kernel may differ by whatever they say: batches
 * divide by their operations, and the clock that is read has a resolution of its own. Lower, and a
 * rounding is taken for a change.
 */
export const LEAST_RESOLUTION = 0.01;

/**
 * The same for what allocates, looks up by hash or follows a clock, as a share of the count, by the
 * beginning of a metric's name, the first that fits. Two boots of a side may agree by chance in what a
 * kernel that is different elsewhere draws anew (slabs and free pages, buckets, where a tick falls):
 * these are about twice what kernels differed by at most that differ in a word of their command line
 * which no metric asks about (`npm run bench:counted`, docs/counted.md). Lower, and such a difference
 * is listed; higher, and a real one of that size is not.
 */
export const RESOLUTION_SHARES: readonly (readonly [prefix: string, share: number])[] = [
  ['process.', 0.004],
  ['sendfile.tcp_64k_more_header', 0.004],
  ['sendfile.tcp_', 0.002],
  ['memory.file_fault', 0.002],
  ['memory.', 0.0005],
  ['context.', 0.0015],
  ['net.', 0.0005],
  ['syscall.stat', 0.001],
  ['syscall.open_close', 0.001],
];

/** Counts of one side that lie further apart, as a share, are no fact: both are shown, neither judged. */
export const UNSTABLE_COUNT_SHARE = 0.005;

/**
 * The margin of a count, whichever is larger of the share and the number. Any difference is real, so
 * this is a matter of policy alone: a kernel grows by an instruction here and there with every merge.
 */
export const INSTRUCTIONS_MARGIN = 0.01;
export const INSTRUCTIONS_MARGIN_COUNT = 4;
