import type { MetricEntry } from '../probe/catalogue.js';
import type { Progress } from '../progress.js';
import type { Launch, Run } from '../record/run.js';
import {
  type Allocation,
  affordable,
  allocate,
  confirmation,
  familyOf,
  type Goal,
  MIN_PAIRS,
  roundsFor,
} from './allocation.js';
import { budgetOf, screenShareFor } from './budget.js';
import { collectRun, isMeasuring, type RunIdentity } from './collect.js';
import { type Neighbours, NO_NEIGHBOURS, neighboursOf } from './contention.js';
import { expectationText } from './expectation.js';
import type { Bench, LaunchObservation } from './launch.js';
import {
  type LaunchCost,
  NO_COST,
  nestingFor,
  PILOT_ROUNDS,
  pilotLaunchRounds,
  slowLaunchMs,
} from './launch-cost.js';
import { startOf } from './nesting.js';
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
import { type Schedule, screenSchedule, warmUpSchedule } from './schedule.js';
import { TimeBudget, WHOLE_BUDGET } from './time-budget.js';

/** Halfway, the rest is planned again, because the pilot's few launches only hint at the noise. */
const STAGES = [0.5, 1];

/** This many are confirmed however short the time is: fewer could not show a common cause. */
const MIN_CONFIRMED = 4;

/** `share` is the part of the budget; without it, the screen leaves time to confirm. */
type Screening =
  | { share?: number; goal: Goal }
  /** Without a goal all metrics are measured alike. */
  | { share: number; goal?: undefined };

/**
 * Measures one candidate, in turn with a baseline or alone, within one time budget. Its phases, in
 * order: warm up, time single operations, screen all metrics, confirm what was flagged. The session
 * keeps every launch; a run record of each side can be made of them at any time.
 */
export class Session {
  private readonly log: MeasuringLog = emptyLog();
  private readonly time: TimeBudget;
  /** How many pairs the tests of each phase need. */
  private readonly pairsFor = new Map<Launch['phase'], number>([['screen', MIN_PAIRS]]);
  private warmUpMs = 0;
  private cost: LaunchCost = NO_COST;
  private goal: Goal | undefined;
  private known: { launches: number; neighbours: Neighbours } = {
    launches: 0,
    neighbours: NO_NEIGHBOURS,
  };

  constructor(
    private bench: Bench,
    private readonly sides: Sides,
    durationMs: number,
    private readonly progress: Progress,
  ) {
    this.time = new TimeBudget(bench.now, durationMs);
  }

  /** The first round describes the sides and heats the machine; its numbers are discarded. */
  async warmUp(): Promise<void> {
    this.progress.phase('Warm up');
    const schedule = warmUpSchedule(this.bench.plan.metrics);
    const enough = this.time.shortWarmUp;
    await this.measure('warm-up', schedule, { until: 0, minRounds: 1, enough });
    this.warmUpMs = this.time.passedMs;
    const launches = this.launches();
    this.cost = {
      start: startOf([this.log.baseline, this.log.candidate]),
      launchMs: this.warmUpMs / launches.length,
    };
    if (this.readsStdout()) this.nestProcesses();
  }

  /** Targets that take long to start report over standard output, which several processes can share. */
  private readsStdout(): boolean {
    const { baseline, candidate } = this.sides;
    return [baseline ?? candidate, candidate].every(({ results }) => results === 'stdout');
  }

  private nestProcesses(): void {
    const { plan } = this.bench;
    const { processes, note } = nestingFor(this.cost.start, plan);
    this.bench = { ...this.bench, plan: { ...plan, processesPerLaunch: processes } };
    if (note !== undefined) this.progress.note(note);
  }

  /** Times single operations for their tails, if the warm-up took a small part of the budget. */
  async tails(): Promise<void> {
    if (!this.time.allowsTails(this.warmUpMs)) return;
    this.progress.phase('Time single operations');
    await measureTails(this.bench, this.sides, this.log, this.progress);
  }

  /**
   * Measures all metrics. With a goal, the first rounds are a pilot that shows how to spend the
   * others, and a note says which changes they should catch.
   */
  async screen({ share, goal }: Screening): Promise<void> {
    if (goal === undefined) {
      const { metrics, roundsPerLaunch } = this.bench.plan;
      const schedule = screenSchedule(metrics, roundsPerLaunch);
      await this.measure('screen', schedule, { until: this.time.at(share), minRounds: 1 });
      return;
    }
    this.goal = goal;
    this.tellBudget(goal);
    const until = this.time.at(share ?? this.screenShare(goal));
    await this.pilot(until);
    for (const [index, part] of STAGES.entries()) {
      const allocations = this.allocateScreen(goal, until);
      if (index === 0) this.tellPlan(allocations, goal);
      await this.stage(allocations, until, part);
    }
  }

  /** The pilot: a few rounds in which every metric takes the same part. */
  private async pilot(until: number): Promise<void> {
    const { plan } = this.bench;
    const rounds = pilotLaunchRounds(this.cost, plan, this.time.pilotMs(until));
    const schedule = screenSchedule(plan.metrics, rounds);
    await this.measure('screen', schedule, { until, minRounds: 1, maxRounds: PILOT_ROUNDS });
  }

  /** Spends a share of the time that is left, as allocated. */
  private async stage(
    allocations: ReadonlyMap<string, Allocation>,
    until: number,
    share: number,
  ): Promise<void> {
    const { metrics, roundsPerLaunch } = this.bench.plan;
    const { candidate } = this.log;
    const done = roundsFor(candidate.filter(({ launch }) => launch.phase === 'screen').length);
    const schedule = screenSchedule(metrics, roundsPerLaunch, allocations, done);
    const launchMs = this.slowLaunchMs();
    await this.measure('screen', schedule, {
      until: this.time.partWay(until, share),
      ...(launchMs === undefined ? {} : { roundMs: LAUNCHES_PER_ROUND * launchMs }),
      minRounds: share < 1 ? 0 : roundsFor(MIN_PAIRS) - done,
    });
  }

  /**
   * Picks from the flagged metrics, most urgent first, those that the time left can confirm. Any more
   * would only take time from these, because a test on too few pairs finds nothing.
   *
   * @param pairsFor the pairs that the tests of a number of metrics need
   */
  confirmable(flagged: readonly string[], pairsFor: (count: number) => number): string[] {
    const byId = new Map(this.bench.plan.metrics.map((metric) => [metric.id, metric]));
    const those = flagged.flatMap((id) => byId.get(id) ?? []);
    const timeMs = this.time.msUntil(this.time.latest);
    const count = affordable(those, this.pilotRun(), { timeMs, pairsFor });
    return flagged.slice(0, Math.max(MIN_CONFIRMED, count));
  }

  /** Fresh launches of the flagged metrics only, at least as many pairs as their test needs. */
  async confirm(flagged: readonly string[], minPairs: number): Promise<void> {
    await this.confirmUntil(this.time.at(WHOLE_BUDGET), flagged, minPairs);
  }

  /** The same until a given moment; `minPairs` are measured even if they take longer. */
  async confirmUntil(until: number, flagged: readonly string[], minPairs: number): Promise<void> {
    const { metrics, roundsPerLaunch } = this.bench.plan;
    const those = metrics.filter(({ id }) => flagged.includes(id));
    const allocations = this.goal && this.allocateConfirmation(those, this.goal, until);
    const schedule = screenSchedule(those, roundsPerLaunch, allocations);
    this.pairsFor.set('confirm', minPairs);
    await this.measure('confirm', schedule, { until, minRounds: roundsFor(minPairs) });
  }

  baselineRun(identity: RunIdentity): Run {
    const { baseline = this.sides.candidate } = this.sides;
    return collectRun(
      baseline.record,
      this.bench.plan,
      this.log.baseline,
      identity,
      this.neighbours(),
    );
  }

  candidateRun(identity: RunIdentity): Run {
    const { record } = this.sides.candidate;
    return collectRun(record, this.bench.plan, this.log.candidate, identity, this.neighbours());
  }

  /** Both sides as one run, for a candidate that was compared with itself. */
  pooledRun(identity: RunIdentity): Run {
    const { record } = this.sides.candidate;
    const launches = this.launches().sort((a, b) => a.launch.sequence - b.launch.sequence);
    return collectRun(record, this.bench.plan, launches, identity, this.neighbours());
  }

  /** The launches of the baseline and of the candidate, in the order they ran. */
  observations(): [readonly LaunchObservation[], readonly LaunchObservation[]] {
    return [this.log.baseline, this.log.candidate];
  }

  private launches(): LaunchObservation[] {
    return [...this.log.baseline, ...this.log.candidate];
  }

  /** Later launches may show that earlier ones did not meet a quiet core. */
  private neighbours(): Neighbours {
    const launches = this.launches();
    if (launches.length !== this.known.launches) {
      const measuring = launches.filter(isMeasuring);
      const paired = this.sides.baseline !== undefined;
      const neighbours = neighboursOf(measuring, { paired, pairsFor: this.pairsFor });
      this.known = { launches: launches.length, neighbours };
    }
    return this.known.neighbours;
  }

  private pilotRun(): PilotRun {
    const { processesPerLaunch: processes } = this.bench.plan;
    return { ...this.log, neighbours: this.neighbours(), processes };
  }

  private allocateScreen(goal: Goal, until: number): Map<string, Allocation> {
    const timeMs = this.time.msUntil(until);
    const { seed } = this.bench.plan;
    return allocate(this.gatedTimes(), this.pilotRun(), goal, { timeMs, seed });
  }

  private allocateConfirmation(
    metrics: readonly MetricEntry[],
    goal: Goal,
    until: number,
  ): Map<string, Allocation> {
    const timeMs = this.time.msUntil(until);
    const stage = confirmation(goal.alpha, metrics.length);
    const { seed } = this.bench.plan;
    return allocate(metrics, this.pilotRun(), goal, { timeMs, seed, stage });
  }

  private gatedTimes(): MetricEntry[] {
    return this.bench.plan.metrics.filter(({ gate, unit }) => gate && unit !== 'count');
  }

  /** Undefined if launches are quick, or nothing is compared. */
  private slowLaunchMs(): number | undefined {
    if (this.sides.baseline === undefined) return undefined;
    return slowLaunchMs(this.cost.start, this.bench.plan.processesPerLaunch);
  }

  private screenShare({ alpha }: Goal): number {
    const gated = familyOf(this.bench.plan.metrics);
    const { durationMs } = this.time;
    return screenShareFor({ launchMs: this.slowLaunchMs(), durationMs, gated, alpha });
  }

  /** A kernel takes seconds to launch, so the user should know early how many pairs the time holds. */
  private tellBudget({ alpha }: Goal): void {
    const launchMs = this.slowLaunchMs();
    if (launchMs === undefined) return;
    const { durationMs } = this.time;
    const { enough, text } = budgetOf({
      ...{ startMs: this.cost.start.idleMs, durationMs, launchMs, alpha },
      leftMs: this.time.msUntil(this.time.at(WHOLE_BUDGET)),
      gated: familyOf(this.bench.plan.metrics),
    });
    if (enough) this.progress.note(text);
    else this.progress.warn(text);
  }

  private tellPlan(allocations: ReadonlyMap<string, Allocation>, goal: Goal): void {
    const text = expectationText(this.gatedTimes(), allocations, goal);
    if (text !== '') this.progress.note(text);
  }

  private async measure(
    phase: RoundsOrder['phase'],
    schedule: Schedule,
    limits: Pick<RoundsOrder, 'until' | 'minRounds' | 'maxRounds' | 'enough' | 'roundMs'>,
  ): Promise<void> {
    const latest = Math.max(limits.until, this.time.latest);
    const order = { phase, schedule, latest, ...limits };
    await measureRounds(this.bench, this.sides, order, this.log, this.progress);
  }
}
