import * as core from '@actions/core';
import type { Alarm, Report } from '../record/report.js';
import { countOf } from '../text/units.js';
import { logLine } from './log.js';

/**
 * GitHub shows ten error annotations of a step and drops the rest; one is for the verdict itself.
 */
const MAX_ANNOTATIONS = 9;

/** @param files absolute paths: the report and, if this job measured, the run record */
export function setOutputs(report: Report, files: { report: string; run?: string }): void {
  core.setOutput('verdict', report.verdict);
  core.setOutput('regressions', worseMetrics(report.alarms).length);
  core.setOutput('report', files.report);
  if (files.run !== undefined) core.setOutput('run', files.run);
}

/** One annotation per cause, which lists its metrics, up to the number that GitHub shows. */
export function annotate({ alarms }: Report): void {
  for (const { verdict, title, text } of alarms.slice(0, MAX_ANNOTATIONS)) {
    core.error(text, { title: verdict === 'blocked' ? `blocked: ${title}` : title });
  }
  const shown = worseMetrics(alarms.slice(0, MAX_ANNOTATIONS));
  const rest = worseMetrics(alarms.slice(MAX_ANNOTATIONS)).filter((id) => !shown.includes(id));
  if (rest.length === 0) return;
  core.notice(`${countOf(rest.length, 'more metric')} blocked or regressed: ${rest.join(', ')}.`);
}

/** A metric may be worse by time and by instructions. */
const worseMetrics = (alarms: readonly Alarm[]): string[] => [
  ...new Set(alarms.flatMap(({ metrics }) => metrics)),
];

/**
 * Ends the job according to the policy. A job without a baseline is green, and a notice says why.
 */
export function conclude({ passed, verdict, headline }: Report): void {
  if (!passed) core.setFailed(headline);
  else if (verdict === 'no-baseline') core.notice(headline);
  else logLine(headline);
}

/**
 * Writes the job summary. A summary that cannot be written is only a warning, since the outputs and
 * the report file say the same.
 */
export async function writeSummary(markdown: string): Promise<void> {
  try {
    await core.summary.addRaw(markdown, true).write();
  } catch (error) {
    core.warning(`Could not write the job summary: ${(error as Error).message}`);
  }
}
