/** The screen's share of the time if nothing is confirmed. */
export const WHOLE_BUDGET = 1;

/** Confirmation may exceed the budget up to this factor to get the pairs that it needs. */
export const OVERRUN = 1.3;

/** If launches are slow, the warm-up ends early, after one launch a side. */
const WARM_UP_SHARE = 0.02;

/**
 * The tails take about five times as long as the warm-up. They gate nothing, so they get a tenth of the
 * budget at most. A target that starts slowly, or a short run, has no tails.
 */
const TAILS_SHARE = 0.1;
const TAILS_OF_WARM_UP = 5;

/** The pilot's share of the screen: a longer pilot would leave too little time for its plan. */
const PILOT_SHARE = 0.25;

/** The time that one session may take, by any clock. Moments and spans are in ms. */
export class TimeBudget {
  private readonly begin: number;

  /** @param now the clock: `performance.now` outside of tests */
  constructor(
    private readonly now: () => number,
    readonly durationMs: number,
  ) {
    this.begin = now();
  }

  /** The moment when this share of the budget is spent. */
  at(share: number): number {
    return this.begin + share * this.durationMs;
  }

  /** Time from now until the moment; negative if it has passed. */
  msUntil(moment: number): number {
    return moment - this.now();
  }

  get passedMs(): number {
    return -this.msUntil(this.begin);
  }

  /** From this moment on, one warm-up launch of each side is enough. */
  get shortWarmUp(): number {
    return this.at(WARM_UP_SHARE);
  }

  /** Nothing is measured after this moment, even if pairs are missing. */
  get latest(): number {
    return this.at(OVERRUN);
  }

  /** The moment when this share of the time until `end` has passed. */
  partWay(end: number, share: number): number {
    const now = this.now();
    return now + share * (end - now);
  }

  allowsTails(warmUpMs: number): boolean {
    return TAILS_OF_WARM_UP * warmUpMs <= TAILS_SHARE * this.durationMs;
  }

  /** The time that a pilot may take if its screen ends at `screenEnd`. */
  pilotMs(screenEnd: number): number {
    return PILOT_SHARE * this.msUntil(screenEnd);
  }
}
