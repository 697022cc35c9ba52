import * as core from '@actions/core';
import { plain } from '../text/escape.js';

const MAX_CHARACTERS = 2000;

/**
 * Prints text as one plain line of the job's log. The runner obeys `::command::` at the beginning
 * of a line and `##[command]` anywhere in one; text from a probe, a record or an input must not
 * command it. Warnings and errors are commands themselves, which escape their text.
 */
export function logLine(text: string): void {
  core.info(plain(text, MAX_CHARACTERS).replace(/^::/, ': :').replaceAll('##[', '# #['));
}
