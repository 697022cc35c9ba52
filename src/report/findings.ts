import type {
  CountedSideReport,
  FindingReport,
  InstructionsReport,
  MeasuredReport,
  NotMeasuredReport,
  SideReport,
} from '../record/finding.js';
import type { CountedReport } from '../record/report.js';
import { figure } from '../text/units.js';
import { callChanges } from '../trace/changes.js';
import type { OperationDifference } from '../trace/difference.js';
import { functionChanges } from '../trace/function-changes.js';
import { type ChangedOperation, causesOf } from '../verdict/causes.js';
import {
  type Change,
  type Comparison,
  type CountedSide,
  type Finding,
  type Floor,
  type InstructionsFinding,
  isInstructions,
  type MeasuredFinding,
  type NotMeasured,
  type Side,
} from '../verdict/comparison.js';
import { causeReports } from './causes.js';

/** The findings as plain data. Values that JSON cannot hold become null. */
export const findingReports = (findings: readonly Finding[]): FindingReport[] =>
  findings.map((finding) =>
    isInstructions(finding) ? instructionsReport(finding) : measuredReport(finding),
  );

export function measuredReport(finding: MeasuredFinding): MeasuredReport {
  const { measure, id, gate, verdict, because, change, floor } = finding;
  return {
    ...{ measure, id, gate, verdict, because },
    margin: finding.marginRatio,
    baseline: sideReport(finding.baseline),
    candidate: sideReport(finding.candidate),
    change: change === undefined ? null : changeReport(change),
    p: finite(finding.pValue),
    mde80: finite(finding.mde80),
    floor: floor === undefined ? null : floorReport(floor),
    replicatesToSettle: finding.replicatesToSettle ?? null,
  };
}

const sideReport = (side: Side): SideReport =>
  side.status === 'ok' ? { ...side, estimate: figure(side.estimate) } : notMeasured(side);

const notMeasured = ({ status, reason }: NotMeasured): NotMeasuredReport => ({ status, reason });

/** An interval without bounds runs from 0 to infinity. JSON has no infinity, so `high` is then null. */
export const changeReport = ({ ratio, low, high, confidence }: Change) => ({
  ratio: figure(ratio),
  low: figure(low),
  high: finite(high),
  confidence: figure(confidence),
});

const floorReport = ({ pairs, rejections, ...change }: Floor) => ({
  ...changeReport(change),
  pairs,
  rejections,
});

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? figure(value) : null;

function instructionsReport(finding: InstructionsFinding): InstructionsReport {
  const { measure, id, gate, verdict, because, operation } = finding;
  return {
    ...{ measure, id, gate, verdict, because },
    margin: finite(finding.margin),
    baseline: countedSide(finding.baseline),
    candidate: countedSide(finding.candidate),
    difference: finite(finding.difference),
    resolution: finite(finding.resolution),
    functions: operation === undefined ? null : functionReports(operation),
    calls: operation === undefined ? null : callReports(operation),
    remainder: finite(operation?.remainder),
    untraced: finding.untraced ?? null,
  };
}

const countedSide = (side: CountedSide | NotMeasured): CountedSideReport =>
  side.status === 'ok'
    ? {
        ...{ status: 'ok', count: figure(side.count), resolution: figure(side.resolution) },
        boots: side.boots.map(figure),
      }
    : notMeasured(side);

const functionReports = ({ functions }: OperationDifference) =>
  functions.flatMap(({ name, module, before, after, difference, change, chain }) =>
    change === 'same'
      ? []
      : [
          {
            ...{ name, module: module ?? null, change, chain },
            ...{ before: figure(before), after: figure(after), difference: figure(difference) },
          },
        ],
  );

const callReports = ({ roots }: OperationDifference) =>
  callChanges(roots).map(({ caller, name, module, difference, change, below }) => ({
    ...{ caller: caller ?? null, name, module: module ?? null },
    ...{ difference: figure(difference), change, below },
  }));

/** How instructions were counted, and which functions changed over all metrics. */
export function countedReport({ counted, findings }: Comparison): CountedReport | null {
  if (counted === undefined) return null;
  const changed = findings.filter(isInstructions).flatMap(changedOperation);
  return {
    conditions: counted.candidate.instructions?.conditions ?? {},
    causes: causeReports(causesOf(changed)),
  };
}

function changedOperation(finding: InstructionsFinding): ChangedOperation[] {
  const { id, operation, difference, baseline } = finding;
  if (operation === undefined || difference === undefined) return [];
  if (baseline.status !== 'ok' || baseline.count === 0) return [];
  const share = Math.abs(difference) / baseline.count;
  return [{ id, share, changes: functionChanges(operation) }];
}
