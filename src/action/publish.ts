import * as core from '@actions/core';
import type { MetricReport, Report } from '../record/report.js';
import { countOf, formatChange } from '../text/units.js';
import { logLine } from './log.js';

/** GitHub shows ten error annotations of a step and drops the rest; one is the job's own sentence. */
const MAX_ANNOTATIONS = 9;

/** The gated metrics that regressed, the largest change first. */
export const regressions = ({ metrics }: Report): MetricReport[] =>
  metrics
    .filter(({ gate, verdict }) => gate && verdict === 'regressed')
    .sort((one, other) => (other.change?.ratio ?? 1) - (one.change?.ratio ?? 1));

/** @param files absolute paths of the report and, where this job measured, of the run record */
export function setOutputs(report: Report, files: { report: string; run?: string }): void {
  core.setOutput('verdict', report.verdict);
  core.setOutput('regressions', regressions(report).length);
  core.setOutput('report', files.report);
  if (files.run !== undefined) core.setOutput('run', files.run);
}

/** One annotation for each regressed metric, as far as GitHub shows them. */
export function annotate(report: Report): void {
  const regressed = regressions(report);
  for (const metric of regressed.slice(0, MAX_ANNOTATIONS)) {
    core.error(metric.because, { title: annotationTitle(metric) });
  }
  const rest = regressed.slice(MAX_ANNOTATIONS).map(({ id }) => id);
  if (rest.length === 0) return;
  core.notice(`${countOf(rest.length, 'more metric')} regressed: ${rest.join(', ')}.`);
}

/** Ends the job by the policy; a gate that compared nothing is green, but not by silence. */
export function conclude({ passed, verdict, headline }: Report): void {
  if (!passed) core.setFailed(headline);
  else if (verdict === 'no-baseline') core.notice(headline);
  else logLine(headline);
}

const annotationTitle = ({ id, change }: MetricReport): string =>
  change === null ? `${id} regressed` : `${id} regressed: ${formatChange(change)}`;

/**
 * Writes the job summary; what it says is in the outputs and the report file too, so that a
 * summary that cannot be written is a warning.
 */
export async function writeSummary(markdown: string): Promise<void> {
  try {
    await core.summary.addRaw(markdown, true).write();
  } catch (error) {
    core.warning(`Could not write the job summary: ${(error as Error).message}`);
  }
}
