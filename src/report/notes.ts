import type { MetricReport } from '../record/report.js';
import { plain } from '../text/escape.js';
import type { Section } from './sections.js';
import { unavailableText } from './words.js';

/** Why metrics have no number or no verdict. */
export interface Note {
  text: string;
  ids: string[];
}

/** The notes of a section in order; a cause that holds for many metrics is said once. */
export function notes(section: Section): Note[] {
  const causes = new Map<string, string[]>();
  for (const metric of section.metrics) {
    const text = plain(noteText(section, metric), 600);
    if (text !== '') causes.set(text, [...(causes.get(text) ?? []), metric.id]);
  }
  return [...causes].map(([text, ids]) => ({ text, ids }));
}

function noteText({ kind }: Section, metric: MetricReport): string {
  switch (kind) {
    case 'access':
    case 'absent':
      return unavailableText(metric);
    case 'inconclusive':
    case 'incomparable':
      return metric.because;
    default:
      return '';
  }
}
