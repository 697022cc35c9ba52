/** Without a confirmation, the screen has all of the time. */
export const WHOLE_BUDGET = 1;

/** Confirmation may overrun the budget by this factor rather than end short of the pairs it needs. */
export const OVERRUN = 1.3;

/** Where launches are slow, the warm-up ends early: then it is one launch a side. */
const WARM_UP_SHARE = 0.02;

/**
 * The tails take about five times as long as the warm-up. They inform and gate nothing, so they may
 * have a tenth of the budget at most: a target that starts slowly, or a short run, goes without them.
 */
const TAILS_SHARE = 0.1;
const TAILS_OF_WARM_UP = 5;

/** Of the screen; a pilot that took more would be a plan without the time to follow it. */
const PILOT_SHARE = 0.25;

/** The time that one session may take, by a clock that may be any. Moments and spans are in ms. */
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

  /** From now on; negative when the moment has passed. */
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

  /** Nothing is measured after this moment, whatever it lacks. */
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

  /** What the pilot of a screen may take that ends at that moment. */
  pilotMs(screenEnd: number): number {
    return PILOT_SHARE * this.msUntil(screenEnd);
  }
}
