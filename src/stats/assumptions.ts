import type { Family } from '../families.js';

/**
 * Every constant that the statistics rest on: where it comes from, and what a wrong value breaks.
 * Measurements without a source are this project's own, on 2-core virtual machines with neighbours.
 */

/**
 * Level of the screen, for each metric alone and in each direction. The screen only decides which
 * metrics are measured again. It never makes a metric regressed: the confirmation does that alone, on
 * fresh data, and holds the level of the gate whatever the screen lets through. So this level is not
 * corrected for the number of metrics. With Holm's correction (0.20 family-wise over 62 metrics), one
 * or two slow launches among sixteen pairs hid a change of 2 % in a system call from the screen: in
 * 95 % of 25 gates it caught 21 of 34 such changes, and 26 without the correction. Too low, and real
 * changes are never measured twice. Too high, and the confirmation spends its time on metrics that
 * did not change. At 0.05, none of 194 gates of identical sides flagged a metric, because the screen
 * tests against the margin.
 */
export const SCREEN_LEVEL = 0.05;

/**
 * Family-wise level of `regressed`, and of `improved`: at most one unchanged gate in a hundred raises
 * a false alarm. At 0.05, a gate that runs fifty times a day could raise two or three a day.
 */
export const DEFAULT_ALPHA = 0.01;

/**
 * Level of each of the two one-sided tests behind `unchanged` (D. J. Schuirmann, Journal of
 * Pharmacokinetics and Biopharmaceutics 15, 1987, 657-680). Too high, and noise passes for proof.
 */
export const EQUIVALENCE_ALPHA = 0.05;

/** Coverage of the interval that must lie inside the margins: two one-sided tests give 1 − 2α. */
export const EQUIVALENCE_CONFIDENCE = 1 - 2 * EQUIVALENCE_ALPHA;

/** Coverage of the intervals that people read. A convention: it decides nothing. */
export const SHOWN_CONFIDENCE = 0.95;

/**
 * Smallest change that matters in a paired comparison, as a ratio. Differences between launches of
 * identical programs (layout, boot) persist up to about 1 %. A smaller margin would report them as
 * changes.
 */
export const PAIRED_MARGIN = 0.02;

/** The same against stored runs, which also differ by machine and by day. */
export const STORED_MARGIN = 0.03;

/**
 * Up to this many differences the signed-rank distribution is exact. Its counts reach 2^n, which a
 * double holds exactly up to n = 53. At 50 the normal approximation is off by 0.0017 at most. Where
 * a gate decides, it is too high: by 5 to 60 % of p, for p between 0.01 and 0.0001. A lower limit
 * would cost power. A higher one needs counts that a double cannot hold.
 */
export const EXACT_LIMIT = 50;

/**
 * Fewer replicates than this say nothing about the spread: 5 is the smallest n with 2^−n ≤ 0.05, so
 * with a bounded 90 % interval. With fewer, an interval or an MDE80 would be made up.
 */
export const MIN_REPLICATES = 5;

/** Nobody can follow advice to take more pairs than this: a record holds at most 10,000 replicates. */
export const MAX_PAIRS_TO_SETTLE = 10_000;

/** The same for stored runs: nightly runs of most of a year. */
export const MAX_RUNS_TO_SETTLE = 200;

/** The smallest detectable change is the change that is caught in this share of all cases. */
export const POWER = 0.8;

/**
 * A replicate's estimate is this quantile of its kept batches. On A/A data it has the smallest
 * deviation between launches: 0.27 % at 0.05 and 0.10, 0.33 % at 0.20, 0.40 % at 0.25, 0.8 % at the
 * median (geometric means over the gated metrics). Batch times have several modes. All launches reach
 * the lowest mode, where every branch is predicted; the minimum would be a single batch. The value
 * must never be chosen after looking at a candidate.
 */
export const ESTIMATE_QUANTILE = 0.1;

/**
 * The control loop's quantile over the same batches. The loop has one mode and hardly any noise, so
 * the choice matters little. It is low, so that interrupted control batches do not count.
 */
export const CONTROL_QUANTILE = 0.25;

/**
 * A batch counts if its ratio of CPU time to wall time exceeds this share of the metric's best ratio.
 * With a busy loop on the same CPU, the filter kept the median of a context switch at 2.2 us, while
 * the unfiltered 90th percentile went from 2.6 to 11.7 us. Too high, and the granularity of the clock
 * rejects good batches.
 */
export const OCCUPANCY_THRESHOLD = 0.97;

/**
 * A batch met a quiet core if the wide control loop right after it takes at most this many times its
 * time on a quiet core. On virtual machines with neighbours, that loop agrees to 0.1 % from launch to
 * launch. Beside a busy sibling thread it takes 1.3 to 1.5 times as long, and so does a system call,
 * for a tenth of a second at a time. Without the filter the deviation between launches is twice as
 * large. Too low, and an interrupt in the loop rejects good batches.
 */
export const WIDTH_THRESHOLD = 1.05;

/** If a smaller share of a launch's batches met a quiet core, the launch does not count. */
export const QUIET_SHARE = 1 / 3;

/**
 * If a smaller share of its batches is kept, a metric is `unstable`: the rest is a biased
 * selection.
 */
export const UNSTABLE_SHARE = 0.5;

/**
 * A launch of a run that is compared with stored runs is quiet if its operations took at most this much
 * longer than in the run's fastest launch, on the log scale: the median over the metrics. On two
 * machines with neighbours, launches lie below 0.04 or above 0.14, with few between; 0.04 to 0.10 give
 * the same levels. Too low, and few launches count. Too high, and a level depends on the neighbours.
 */
export const QUIET_STATE = 0.06;

/**
 * The level of a run is this quantile of its quiet launches. Between unchanged runs it deviates by
 * 1.4 % and 0.9 % on those two machines (geometric means over the metrics), the median of the quiet
 * launches by 1.7 and 1.2 %, the median of all launches by 5.0 and 8.6 %.
 */
export const RUN_QUANTILE = 0.25;

/** A metric with fewer quiet launches has no level in its run. */
export const MIN_QUIET_LAUNCHES = 3;

/** A metric with fewer quiet launches is not called changed against stored runs. */
export const MIN_QUIET_TO_CALL = 6;

/**
 * Differences up to this ratio may persist between runs of unchanged systems, such as those of layout
 * and boot. Against stored runs, a change is called if it is surely larger than this, and if its
 * estimate reaches the margin. Testing against the margin itself would add twice this to every smallest
 * detectable change.
 */
export const PERSISTENT_DIFFERENCE = 0.01;

/**
 * How many observations the shipped between-run deviations are worth. Initial guess: ten stored runs
 * outweigh it, and one does not.
 */
export const PRIOR_DEGREES_OF_FREEDOM = 5;

/**
 * Standard deviation of a run-level estimate between runs on one platform key, on the log scale
 * (0.01 is one percent), by metric family. INITIAL GUESSES, larger than the run-to-run deviations of
 * one machine (0.1 to 0.6 % over 20 minutes): other days and other machines of the same key add to
 * them. Too small, and a gate with one or two stored runs raises false alarms. Too large, and it
 * stays silent until about ten runs are stored.
 */
export const PRIOR_STANDARD_DEVIATIONS: Readonly<Partial<Record<Family, number>>> = {
  control: 0.01,
  clock: 0.01,
  syscall: 0.01,
  context: 0.02,
  sendfile: 0.015,
};

/** For a family without a guess of its own: the largest guess. */
export const OTHER_PRIOR_STANDARD_DEVIATION = Math.max(...Object.values(PRIOR_STANDARD_DEVIATIONS));

/**
 * How much the cost of the same change differs between machines: standard deviation on the log
 * scale (the interaction of arm and machine). INITIAL GUESS: a quarter of a paired comparison's
 * margin. Identical sides should not differ by machine at all, because each machine's pairs cancel
 * its speed. A change of 10 % that costs 8 % on one CPU model and 12 % on another has twice this
 * deviation, and widens the interval by itself. Too small, and two odd machines pass for proof. Too
 * large, and it takes more machines to see what three agree on.
 */
export const MACHINE_PRIOR_STANDARD_DEVIATION = 0.005;

/** How many machines that guess is worth. Initial guess, for the same reason as for runs above. */
export const MACHINE_PRIOR_DEGREES_OF_FREEDOM = 5;

/** Nobody can follow advice to take more machines than this: a matrix has at most 256 jobs. */
export const MAX_MACHINES_TO_SETTLE = 256;

/**
 * A stored run within this many robust deviations of the centre counts in full towards the
 * between-run spread. One normal run in 370 lies further out. Too low, and the spread of ordinary
 * runs is cut. Too high, and one regression among the stored runs hides the next.
 */
export const WINSOR_LIMIT = 3;

/** Factor by which the median absolute deviation of normal data estimates their standard deviation. */
export const MAD_TO_DEVIATION = 1.4826;

/**
 * A launch is slow if it lies above the typical launch by the margin plus this many robust
 * deviations. One normal launch in three million lies further out. Too low, and ordinary launches are
 * reported. Too high, and only very slow paths are noticed.
 */
export const SLOW_DEVIATIONS = 5;

/**
 * A count is treated as exact if at least this share of a side's launches agree on it. A count covers
 * tens of operations, and a preemption disturbs one of them. If fewer launches agree, the system
 * itself does not do the same thing each time.
 */
export const COUNT_AGREEMENT = 0.8;

/**
 * Instructions per operation that two boots of one kernel may always differ by: a batch's count is
 * divided by its operations, and the clock has a resolution of its own. Too low, and rounding passes
 * for a change.
 */
export const MIN_RESOLUTION = 0.01;

/**
 * The same for metrics that allocate, look up by hash or follow a clock, as a share of the count. The
 * first entry that a metric's name begins with applies. A kernel that is different elsewhere draws
 * some things anew: slabs and free pages, hash buckets, where a timer tick falls. Two boots of one
 * side may agree on these by chance. Kernels that differ only in an unrelated word of their command
 * line show how much that can matter; each share is about twice the largest such difference
 * (`npm run bench:counted`, docs/counted.md). Too low, and such a difference is listed. Too high, and
 * a real one of that size is not.
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

/** If counts of one side lie further apart than this share, both sides are shown and not judged. */
export const UNSTABLE_COUNT_SHARE = 0.005;

/**
 * The margin of a count: the larger of the share and the number. Any difference is real, so this is
 * policy alone: a kernel grows by an instruction here and there with every merge.
 */
export const INSTRUCTIONS_MARGIN = 0.01;
export const INSTRUCTIONS_MARGIN_COUNT = 4;
