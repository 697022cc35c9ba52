import { median, modeFast } from 'simple-statistics';
import { measurementFailure } from '../failure.js';
import type { MetricEntry } from '../probe/catalogue.js';
import type { Environment } from '../probe/lines.js';
import type { Reason, Unavailable } from '../record/metric-status.js';
import {
  type Count,
  countBatches,
  type Launch,
  type MetricRecord,
  makeRun,
  type PairedSide,
  type PlanRecord,
  type Replicate,
  RUN_SCHEMA,
  RUN_VERSION,
  type Run,
  type Source,
  type Tails,
  type TargetRecord,
} from '../record/run.js';
import { UNSTABLE_SHARE } from '../stats/assumptions.js';
import { typicalWidth } from './batches.js';
import { type Neighbours, widthLimitOf } from './contention.js';
import { estimateReplicate } from './estimate.js';
import { type Details, type LaunchObservation, timedBatches, timedOf } from './launch.js';
import { type Plan, planRecord } from './plan.js';

/** What names a run, apart from what was measured. */
export interface RunIdentity {
  id: string;
  startedAt: string;
  tool: string;
  source?: Source;
  paired?: PairedSide;
}

/**
 * Gathers one side's launches into its run record.
 *
 * @param neighbours of the launches of both sides
 * @throws Failure (measurement) when no launch of the side came through
 */
export function collectRun(
  target: TargetRecord,
  plan: Plan,
  observations: readonly LaunchObservation[],
  identity: RunIdentity,
  neighbours: Neighbours,
): Run {
  const { environment, catalogue } = described(target, observations);
  const place = placement(observations);
  return makeRun({
    schema: RUN_SCHEMA,
    version: RUN_VERSION,
    tool: identity.tool,
    catalogue,
    id: identity.id,
    startedAt: identity.startedAt,
    target,
    ...(identity.source ? { source: identity.source } : {}),
    ...(identity.paired ? { duet: identity.paired } : {}),
    platform: environment.platform,
    subject: environment.subject,
    plan: { ...planRecord(plan), ...place },
    ...coreWidth(observations.filter(isMeasuring)),
    launches: observations.map((one) => ({
      ...{ ...one.launch, ...coreWidth([one]), ...movedTo(one, place) },
      ...besideNeighbour(one.launch.sequence, neighbours),
    })),
    metrics: plan.metrics.map((entry) => metricRecord(entry, observations, neighbours)),
    ...tailsOf(observations),
  });
}

function described(
  target: TargetRecord,
  observations: readonly LaunchObservation[],
): { environment: Environment; catalogue: number } {
  for (const { environment, catalogue } of observations) {
    if (environment && catalogue !== undefined) return { environment, catalogue };
  }
  const failure = observations.find((observation) => observation.launch.failure)?.launch.failure;
  throw launchesFailed(target, failure ?? 'it did not describe its machine');
}

/** What the second pass found, if it took place and came through. */
function tailsOf(observations: readonly LaunchObservation[]): { tails?: Tails } {
  const pass = observations.find(({ tails }) => tails !== undefined)?.tails;
  if (pass === undefined) return {};
  const metrics = pass.metrics.flatMap((tail) => {
    if (tail.status !== 'ok') return [];
    const { status: _, version: __, ...sampled } = tail;
    return [sampled];
  });
  return { tails: { ...pass.with, metrics } };
}

function coreWidth(observations: readonly LaunchObservation[]): { coreWidth?: number } {
  const width = typicalWidth(observations.map(timedBatches));
  return width === undefined ? {} : { coreWidth: rounded(width) };
}

/** Warm-up launches describe the target and heat the machine; their numbers are discarded. */
export const isMeasuring = ({ launch }: LaunchObservation): boolean => launch.phase !== 'warm-up';

const besideNeighbour = (
  sequence: number,
  { met, contended }: Neighbours,
): Pick<Launch, 'neighbour'> =>
  met.has(sequence) ? { neighbour: contended.has(sequence) ? 'left out' : 'counted' } : {};

const movedTo = (
  { placement: own }: LaunchObservation,
  { cpu }: Partial<PlanRecord>,
): { cpu?: number } => (own === undefined || own.cpu === cpu ? {} : { cpu: own.cpu });

/** Where the launches really ran: a target may choose another CPU than the plan. */
function placement(observations: readonly LaunchObservation[]): Partial<PlanRecord> {
  const known = observations.flatMap((observation) => observation.placement ?? []);
  const [first] = known;
  return first ? { cpu: first.cpu, pinned: known.every(({ pinned }) => pinned) } : {};
}

export const launchesFailed = ({ kind, spec }: TargetRecord, why: string): Error =>
  measurementFailure(
    kind === 'command'
      ? `The probe could not be measured in ${spec}: ${why}; run that command line by hand to see what is in its way.`
      : `The probe could not be measured in ${spec}: ${why}.`,
  );

function metricRecord(
  entry: MetricEntry,
  observations: readonly LaunchObservation[],
  neighbours: Neighbours,
): MetricRecord {
  const { id, version, gate, entries, switches, bytes, unit } = entry;
  const leastMargin = entry.leastMarginPercent / 100;
  const fields = {
    ...{ id, version, gate, entries, switches, bytes },
    ...(leastMargin > 0 ? { leastMargin } : {}),
  };
  const seen = observations.filter(isMeasuring);
  const timed = seen.filter(({ metrics }) => timedOf(metrics.get(id)) !== undefined);
  const quiet = timed.filter(({ launch }) => !neighbours.contended.has(launch.sequence));
  // A metric of few launches may have met a neighbour in all of them.
  const kept = quiet.length > 0 ? quiet : timed;
  const replicates = kept.flatMap((one) => replicate(entry, one, neighbours));
  const counts = seen.flatMap((observation) => countOf(id, observation));
  const absences = seen.flatMap((observation) => absence(id, observation));
  // Launches left out for a neighbour have shown that the operation can be done.
  const did = seen.filter(({ metrics }) => metrics.get(id)?.status === 'ok').length;
  if (did === 0 || did < absences.length) return { ...fields, ...commonest(absences, did) };
  const details = typicalDetails(id, seen);
  if (unit === 'count') return { ...fields, status: 'ok', unit, counts, ...details };
  const interrupted = interruptedBatches(replicates);
  if (interrupted !== undefined) return { ...fields, ...interrupted };
  const left = timed.length > kept.length ? { contended: timed.length - kept.length } : {};
  return { ...fields, status: 'ok', unit, replicates, ...left, ...details };
}

/**
 * A metric is unstable if most of its batches were interrupted, because the rest is a biased
 * selection. A single launch with few kept batches is only a noisy replicate, which the tests allow.
 */
function interruptedBatches(replicates: readonly Replicate[]): Absence | undefined {
  const { batches, rejected } = countBatches(replicates);
  if (batches - rejected >= UNSTABLE_SHARE * batches) return undefined;
  const message = `${rejected} of ${batches} batches were interrupted by other work on the CPU`;
  return { status: 'unstable', reason: { operation: 'measure', errno: 0, message } };
}

function replicate(
  { id, waits }: MetricEntry,
  { launch, metrics }: LaunchObservation,
  neighbours: Neighbours,
): Replicate[] {
  const observation = timedOf(metrics.get(id));
  if (observation === undefined) return [];
  const quietWidth = widthLimitOf(neighbours, launch.sequence);
  const estimate = estimateReplicate(observation.batches, { sleeps: waits, quietWidth });
  if (estimate === undefined) return [];
  const { estimateNs, controlNs, spreadNs, kept, rejected } = estimate;
  return [
    {
      sequence: launch.sequence,
      estimateNs: rounded(estimateNs),
      controlNs: rounded(controlNs),
      spreadNs: rounded(spreadNs),
      kept,
      rejected,
    },
  ];
}

function countOf(id: string, { launch, metrics }: LaunchObservation): Count[] {
  const observation = metrics.get(id);
  if (observation?.status !== 'ok' || observation.kind !== 'counted') return [];
  return [{ sequence: launch.sequence, ...observation.count }];
}

/** Each fact's median over the launches that noted it. */
function typicalDetails(
  id: string,
  observations: readonly LaunchObservation[],
): { details?: Details } {
  const noted = observations.flatMap(({ metrics }) => {
    const observation = metrics.get(id);
    return observation?.status === 'ok' ? [observation.details] : [];
  });
  const names = [...new Set(noted.flatMap(Object.keys))];
  if (names.length === 0) return {};
  const middle = (name: string): number => median(noted.flatMap((details) => details[name] ?? []));
  return { details: Object.fromEntries(names.map((name) => [name, rounded(middle(name))])) };
}

/** Seven digits are far below any noise, and halve the record's size. */
const rounded = (ns: number): number => Number(ns.toPrecision(7));

interface Absence {
  status: Unavailable;
  reason: Reason;
}

function absence(id: string, { metrics }: LaunchObservation): Absence[] {
  const observation = metrics.get(id);
  return observation === undefined || observation.status === 'ok' ? [] : [observation];
}

/**
 * The usual reason why launches have no number.
 *
 * @param did in how many launches the operation was done all the same
 */
function commonest(absences: readonly Absence[], did: number): Absence {
  const statuses = absences.map(({ status }) => status);
  const usual = statuses.length > 0 ? modeFast(statuses) : undefined;
  const found = absences.find(({ status }) => status === usual);
  if (found === undefined) {
    const message = 'no launch that measured it came through';
    return { status: 'unmeasured', reason: { operation: 'launch', errno: 0, message } };
  }
  if (did === 0) return found;
  const message = `${found.reason.message}, in ${absences.length} of ${did + absences.length} launches`;
  return { ...found, reason: { ...found.reason, message } };
}
