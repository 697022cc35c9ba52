import {
  isInstructionsReport,
  isMeasuredReport,
  type MeasuredReport,
} from '#src/record/finding.js';
import type { Report } from '#src/record/report.js';
import { type JudgedGate, type Judging, judgeGate } from './gates.ts';
import type { Phase } from './phases.ts';

/** Two command lines of one kernel. */
export interface Change {
  baseline: string;
  candidate: string;
}

export interface ChangeResult extends Change {
  counted: { seconds: number; phases: Phase[]; metrics: CountedChange[] };
  timed?: { seconds: number; metrics: TimedChange[] };
}

interface CountedChange {
  id: string;
  verdict: string;
  /** Instructions per operation; none if one side could not be counted. */
  difference: number | null;
  resolution: number | null;
  calls: string[];
  remainder: number | null;
}

interface TimedChange {
  id: string;
  verdict: string;
  change: MeasuredReport['change'];
  mde80: number | null;
}

type ChangeJudging = Omit<Judging, 'baseline' | 'candidate' | 'evidence' | 'duration'> & {
  kernel: string;
  change: Change;
  /** Duration of timing; `0` for none. */
  duration: string;
};

/** The whole gate over one change: first counted, then timed. */
export async function judgeChange(judging: ChangeJudging): Promise<ChangeResult> {
  const { report, seconds, phases } = await gateOf(judging, 'counted');
  const counted = { seconds, phases, metrics: countedChanges(report) };
  if (judging.duration === '0') return { ...judging.change, counted };
  const timed = await gateOf(judging, 'timed');
  return {
    ...{ ...judging.change, counted },
    timed: { seconds: timed.seconds, metrics: timedChanges(timed.report) },
  };
}

function gateOf(
  { kernel, change, metrics, kernelOptions, duration, folder, signal }: ChangeJudging,
  evidence: 'counted' | 'timed',
): Promise<JudgedGate> {
  const spec = (line: string) => `kernel:${kernel} ${line}`.trim();
  return judgeGate({
    ...{ baseline: spec(change.baseline), candidate: spec(change.candidate), evidence },
    ...{ metrics, kernelOptions, folder, signal },
    ...(evidence === 'timed' ? { duration } : {}),
  });
}

const countedChanges = ({ findings }: Report): CountedChange[] =>
  findings
    .filter(isInstructionsReport)
    .map(({ id, verdict, difference, resolution, calls, remainder }) => ({
      ...{ id, verdict, difference, resolution, remainder },
      calls: (calls ?? []).map(
        (call) =>
          `${call.difference > 0 ? '+' : ''}${call.difference} ${call.name} (${call.change})`,
      ),
    }));

const timedChanges = ({ findings }: Report): TimedChange[] =>
  findings
    .filter(isMeasuredReport)
    .filter(({ gate: gated }) => gated)
    .map(({ id, verdict, change, mde80 }) => ({ id, verdict, change, mde80 }));
