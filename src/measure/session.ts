import type { Progress } from '../progress.js';
import type { Run } from '../record/run.js';
import { formatNs } from '../text/units.js';
import {
  type Allocation,
  affordable,
  allocate,
  confirmation,
  familyOf,
  type Goal,
  LEAST_PAIRS,
  roundsFor,
} from './allocation.js';
import { quietWidth } from './batches.js';
import { budgetOf, confirmingMs } from './budget.js';
import { collectRun, type RunIdentity } from './collect.js';
import { expectationText } from './expectation.js';
import { type Bench, type LaunchObservation, timedBatches } from './launch.js';
import { processesFor, SLOW_START_MS, startOf } from './nesting.js';
import type { PilotRun } from './pilot.js';
import {
  emptyLog,
  LAUNCHES_PER_ROUND,
  type MeasuringLog,
  measureRounds,
  measureTails,
  type RoundsOrder,
  type Sides,
} from './rounds.js';
import { type Schedule, screenSchedule, WARM_UP_ROUNDS, warmUpSchedule } from './schedule.js';

/**
 * How the time is shared: the rest after the screen is for confirming what it flagged, which needs
 * less because few metrics are left.
 */
const SCREEN_SHARE = 0.8;

/** What is left of it at least where confirming takes long. */
const LEAST_SCREEN_SHARE = 0.5;

/** The share of the screen where no confirmation follows. */
export const WHOLE_BUDGET = 1;

/**
 * What a few launches say of the noise is a guess: halfway it is planned again, by what was seen
 * since.
 */
const STAGES = [0.5, 1];

/** Rounds of launches with every metric alike, from which the others are allocated. */
const PILOT_ROUNDS = 2;

/** Confirmation may overrun the budget by this factor rather than end short of the pairs it needs. */
export const OVERRUN = 1.3;

/**
 * The tails take about five times as long as the warm-up, a tenth of the budget at most: what no gate
 * needs must not use up the time of a target that is slow to launch, or of a short run.
 */
const TAILS_SHARE = 0.1;
const TAILS_OF_WARM_UP = 5;

/** Of the screen; a pilot that took more would be a plan without the time to follow it. */
const PILOT_SHARE = 0.25;
const LEAST_PILOT_ROUNDS = 3;

/** Of the budget: where launches are slow, the warm-up is one of each side. */
const WARM_UP_SHARE = 0.02;

/** However short the time: fewer would have no cause in common. */
const LEAST_CONFIRMED = 4;

interface Screening {
  share?: number;
  /** What the time is to buy; without it all metrics are measured alike. */
  goal?: Goal;
}

/** One measuring of one candidate, against a baseline in turn or alone, within one time budget. */
export class Session {
  private readonly log: MeasuringLog = emptyLog();
  private readonly begin = performance.now();
  private warmUpMs = 0;
  private startMs = 0;
  private measuringMs = 0;
  private planned = false;
  private goal: Goal | undefined;
  private allocations: ReadonlyMap<string, Allocation> = new Map();

  constructor(
    private bench: Bench,
    private readonly sides: Sides,
    private readonly durationMs: number,
    private readonly progress: Progress,
  ) {}

  /** The first round: describes the sides and heats the machine; its numbers are discarded. */
  async warmUp(): Promise<void> {
    this.progress.phase('Warm up');
    const schedule = warmUpSchedule(this.bench.plan.metrics);
    const enough = this.begin + WARM_UP_SHARE * this.durationMs;
    await this.measure('warm-up', schedule, { until: 0, leastRounds: 1, enough });
    this.warmUpMs = performance.now() - this.begin;
    this.nestProcesses();
  }

  /** Where starting a probe takes long, several share a start. */
  private nestProcesses(): void {
    const { plan } = this.bench;
    const start = startOf([this.log.baseline, this.log.candidate]);
    this.startMs = start.idleMs;
    this.measuringMs = start.measuringMs;
    const passMs = (start.measuringMs * plan.roundsPerLaunch) / WARM_UP_ROUNDS;
    const processesPerLaunch = this.nests() ? processesFor(start.idleMs, passMs) : 1;
    this.bench = { ...this.bench, plan: { ...plan, processesPerLaunch } };
    if (processesPerLaunch === 1) return;
    this.progress.note(
      `A start takes ${formatNs(start.idleMs * 1e6)} beside ${formatNs(passMs * 1e6)} of measuring, so each holds ${processesPerLaunch} processes of the probe, whose median is its replicate.`,
    );
  }

  private nests(): boolean {
    const { baseline, candidate } = this.sides;
    return [baseline ?? candidate, candidate].every(({ results }) => results === 'stdout');
  }

  /** Times single operations for their tails, after a warm-up that was quick against the budget. */
  async tails(): Promise<void> {
    const { warmUpMs } = this;
    if (TAILS_OF_WARM_UP * warmUpMs > TAILS_SHARE * this.durationMs) return;
    this.progress.phase('Time single operations');
    await measureTails(this.bench, this.sides, this.log, this.progress);
  }

  /**
   * All metrics, for the share of the budget that leaves time to confirm. With a goal, the first
   * rounds are a pilot for how the others are spent, and what may be expected of them is told.
   */
  async screen({ share, goal }: Screening = {}): Promise<void> {
    const { metrics, roundsPerLaunch } = this.bench.plan;
    if (goal === undefined) {
      const until = this.begin + (share ?? SCREEN_SHARE) * this.durationMs;
      const schedule = screenSchedule(metrics, roundsPerLaunch);
      await this.measure('screen', schedule, { until, leastRounds: 1 });
      return;
    }
    this.goal = goal;
    this.tellBudget(goal);
    const until = this.begin + (share ?? this.screenShare(goal)) * this.durationMs;
    await this.pilot(until);
    for (const part of STAGES) await this.stage(goal, until, part);
  }

  /** Of a launch with as few rounds as there may be, where starting takes long. */
  private slowLaunchMs(): number | undefined {
    const { processesPerLaunch } = this.bench.plan;
    if (this.startMs < SLOW_START_MS || this.sides.baseline === undefined) return undefined;
    const passMs = (this.measuringMs * LEAST_PILOT_ROUNDS) / WARM_UP_ROUNDS;
    return this.startMs + processesPerLaunch * passMs;
  }

  /** A launch of a kernel takes seconds, and what they come to should be known before the end. */
  private tellBudget({ alpha }: Goal): void {
    const launchMs = this.slowLaunchMs();
    if (launchMs === undefined) return;
    const { startMs, durationMs } = this;
    const { enough, text } = budgetOf({
      ...{ startMs, durationMs, launchMs, alpha },
      leftMs: this.begin + durationMs - performance.now(),
      gated: familyOf(this.bench.plan.metrics),
    });
    if (enough) this.progress.note(text);
    else this.progress.warn(text);
  }

  /** Where launches are slow, the overrun may not hold as many as confirming takes. */
  private screenShare({ alpha }: Goal): number {
    const launchMs = this.slowLaunchMs();
    if (launchMs === undefined) return SCREEN_SHARE;
    const gated = familyOf(this.bench.plan.metrics);
    const left = OVERRUN - confirmingMs({ launchMs, gated, alpha }) / this.durationMs;
    return Math.min(SCREEN_SHARE, Math.max(LEAST_SCREEN_SHARE, left));
  }

  /** Plans for all the time that is left, and spends a share of it. */
  private async stage(goal: Goal, until: number, share: number): Promise<void> {
    const { metrics, roundsPerLaunch } = this.bench.plan;
    this.allocate(goal, until);
    const done = this.screenRounds();
    const schedule = screenSchedule(metrics, roundsPerLaunch, this.allocations, done);
    const now = performance.now();
    const launchMs = this.slowLaunchMs();
    await this.measure('screen', schedule, {
      until: now + share * (until - now),
      ...(launchMs === undefined ? {} : { roundMs: LAUNCHES_PER_ROUND * launchMs }),
      leastRounds: share < 1 ? 0 : roundsFor(LEAST_PAIRS) - done,
    });
  }

  private screenRounds(): number {
    const { candidate } = this.log;
    return roundsFor(candidate.filter(({ launch }) => launch.phase === 'screen').length);
  }

  /**
   * Of metrics in the order of their urgency, those that can be confirmed in the time that is left.
   * One that cannot would only take the others' time: a test on too few pairs calls nothing.
   *
   * @param pairsFor the pairs that the tests of so many metrics need
   */
  confirmable(flagged: readonly string[], pairsFor: (count: number) => number): string[] {
    const byId = new Map(this.bench.plan.metrics.map((metric) => [metric.id, metric]));
    const those = flagged.flatMap((id) => byId.get(id) ?? []);
    const timeMs = this.begin + OVERRUN * this.durationMs - performance.now();
    const count = affordable(those, this.pilotRun(), { timeMs, pairsFor });
    return flagged.slice(0, Math.max(LEAST_CONFIRMED, count));
  }

  /** Fresh launches of the flagged metrics only, at least as many pairs as their test needs. */
  async confirm(flagged: readonly string[], leastPairs: number): Promise<void> {
    const until = Math.max(this.begin + this.durationMs, performance.now());
    await this.confirmUntil(until, flagged, leastPairs);
  }

  /** The same with a time of its own, in which `leastPairs` are measured at any rate. */
  async confirmUntil(until: number, flagged: readonly string[], leastPairs: number): Promise<void> {
    const { metrics, roundsPerLaunch, seed } = this.bench.plan;
    const those = metrics.filter(({ id }) => flagged.includes(id));
    if (this.goal) {
      const stage = confirmation(this.goal.alpha, those.length);
      const timeMs = until - performance.now();
      this.allocations = allocate(those, this.pilotRun(), this.goal, { timeMs, seed, stage });
    }
    const schedule = screenSchedule(those, roundsPerLaunch, this.allocations);
    await this.measure('confirm', schedule, { until, leastRounds: roundsFor(leastPairs) });
  }

  private pilotRun(): PilotRun {
    const { processesPerLaunch: processes } = this.bench.plan;
    return { ...this.log, quietWidth: this.quiet(), processes };
  }

  baselineRun(identity: RunIdentity): Run {
    const { baseline = this.sides.candidate } = this.sides;
    return collectRun(baseline.record, this.bench.plan, this.log.baseline, identity, this.quiet());
  }

  candidateRun(identity: RunIdentity): Run {
    return collectRun(
      this.sides.candidate.record,
      this.bench.plan,
      this.log.candidate,
      identity,
      this.quiet(),
    );
  }

  /** What each side's launches said, in the order they ran: baseline, candidate. */
  observations(): [readonly LaunchObservation[], readonly LaunchObservation[]] {
    return [this.log.baseline, this.log.candidate];
  }

  /** Both sides as one run, for a candidate that was compared with itself. */
  pooledRun(identity: RunIdentity): Run {
    const launches = [...this.log.baseline, ...this.log.candidate].sort(
      (a, b) => a.launch.sequence - b.launch.sequence,
    );
    return collectRun(
      this.sides.candidate.record,
      this.bench.plan,
      launches,
      identity,
      this.quiet(),
    );
  }

  /** Of both sides together: they ran on the same core in turn. */
  private quiet(): number | undefined {
    const launches = [...this.log.baseline, ...this.log.candidate];
    return quietWidth(launches.map(timedBatches));
  }

  private async pilot(until: number): Promise<void> {
    const { metrics, roundsPerLaunch, processesPerLaunch } = this.bench.plan;
    const affordable = PILOT_SHARE * (until - performance.now());
    const launches = this.log.baseline.length + this.log.candidate.length;
    const startsMs = PILOT_ROUNDS * LAUNCHES_PER_ROUND * this.startMs;
    const measuringMs = this.warmUpMs / launches - this.startMs;
    const roundMs = (LAUNCHES_PER_ROUND * processesPerLaunch * measuringMs) / WARM_UP_ROUNDS;
    const rounds = Math.floor((affordable - startsMs) / (PILOT_ROUNDS * roundMs));
    const fitting = Math.min(roundsPerLaunch, Math.max(LEAST_PILOT_ROUNDS, rounds));
    const schedule = screenSchedule(metrics, fitting);
    const limits = { until, leastRounds: 1, most: PILOT_ROUNDS };
    await this.measure('screen', schedule, limits);
  }

  private allocate(goal: Goal, until: number): void {
    const { metrics, seed } = this.bench.plan;
    const gated = metrics.filter(({ gate, unit }) => gate && unit !== 'count');
    const timeMs = until - performance.now();
    this.allocations = allocate(gated, this.pilotRun(), goal, { timeMs, seed });
    if (this.planned) return;
    this.planned = true;
    const text = expectationText(gated, this.allocations, goal);
    if (text !== '') this.progress.note(text);
  }

  private async measure(
    phase: RoundsOrder['phase'],
    schedule: Schedule,
    limits: Pick<RoundsOrder, 'until' | 'leastRounds' | 'most' | 'enough' | 'roundMs'>,
  ): Promise<void> {
    const latest = Math.max(limits.until, this.begin + OVERRUN * this.durationMs);
    const order = { phase, schedule, latest, ...limits };
    await measureRounds(this.bench, this.sides, order, this.log, this.progress);
  }
}
