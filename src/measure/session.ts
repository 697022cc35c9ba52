import type { MetricEntry } from '../probe/catalogue.js';
import type { Progress } from '../progress.js';
import type { Run } from '../record/run.js';
import { collectRun, type RunIdentity } from './collect.js';
import type { Bench } from './launch.js';
import {
  emptyLog,
  type MeasuringLog,
  measureRounds,
  measureTails,
  type RoundsOrder,
  type Sides,
} from './rounds.js';

/**
 * How the time is shared: the rest after the screen is for confirming what it flagged, which needs
 * less because few metrics are left.
 */
const SCREEN_SHARE = 0.7;

/** Confirmation may overrun the budget by this factor rather than end short of the pairs it needs. */
const OVERRUN = 1.3;

/**
 * The tails take about as long as the warm-up, a tenth of the budget at most: what no gate needs must
 * not use up the time of a target that is slow to launch, or of a short run.
 */
const TAILS_SHARE = 0.1;

/** Two launch pairs a round. */
const PAIRS_PER_ROUND = 2;

/** One measuring of one candidate, against a baseline in turn or alone, within one time budget. */
export class Session {
  private readonly log: MeasuringLog = emptyLog();
  private readonly begin = performance.now();

  constructor(
    private readonly bench: Bench,
    private readonly sides: Sides,
    private readonly durationMs: number,
    private readonly progress: Progress,
  ) {}

  /** The first round: describes the sides and heats the machine; its numbers are discarded. */
  async warmUp(): Promise<void> {
    this.progress.phase('Warm up');
    await this.measure('warm-up', this.bench.plan.metrics, { until: 0, leastRounds: 1 });
  }

  /** Times single operations for their tails, after a warm-up that was quick against the budget. */
  async tails(): Promise<void> {
    const warmUpMs = performance.now() - this.begin;
    if (warmUpMs > TAILS_SHARE * this.durationMs) return;
    this.progress.phase('Time single operations');
    await measureTails(this.bench, this.sides, this.log, this.progress);
  }

  /** All metrics, for the share of the budget that leaves time to confirm. */
  async screen(share = SCREEN_SHARE): Promise<void> {
    const until = this.begin + share * this.durationMs;
    await this.measure('screen', this.bench.plan.metrics, { until, leastRounds: 1 });
  }

  /** Fresh launches of the flagged metrics only, at least as many pairs as their test needs. */
  async confirm(flagged: readonly string[], leastPairs: number): Promise<void> {
    const metrics = this.bench.plan.metrics.filter(({ id }) => flagged.includes(id));
    const leastRounds = Math.ceil(leastPairs / PAIRS_PER_ROUND);
    await this.measure('confirm', metrics, { until: this.begin + this.durationMs, leastRounds });
  }

  baselineRun(identity: RunIdentity): Run {
    const { baseline = this.sides.candidate } = this.sides;
    return collectRun(baseline, this.bench.plan, this.log.baseline, identity);
  }

  candidateRun(identity: RunIdentity): Run {
    return collectRun(this.sides.candidate, this.bench.plan, this.log.candidate, identity);
  }

  /** Both sides as one run, for a candidate that was compared with itself. */
  pooledRun(identity: RunIdentity): Run {
    const launches = [...this.log.baseline, ...this.log.candidate].sort(
      (a, b) => a.launch.sequence - b.launch.sequence,
    );
    return collectRun(this.sides.candidate, this.bench.plan, launches, identity);
  }

  private async measure(
    phase: RoundsOrder['phase'],
    metrics: readonly MetricEntry[],
    limits: { until: number; leastRounds: number },
  ): Promise<void> {
    const latest = this.begin + OVERRUN * this.durationMs;
    const order = { phase, metrics, latest, ...limits };
    await measureRounds(this.bench, this.sides, order, this.log, this.progress);
  }
}
