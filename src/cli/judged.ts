import type { RecordedVerdict } from '../flows/recorded.js';
import { renderTerminal } from '../render/terminal.js';
import { plain } from '../text/escape.js';
import { asJson, EXIT, print, terminal } from './shell.js';

/** Shows the verdict over stored records, and sets the exit code as the gate does. */
export async function showJudged({ report, notes }: RecordedVerdict, json = false): Promise<void> {
  for (const note of notes) process.stderr.write(`${plain(note, MAX_NOTE_CHARACTERS)}\n`);
  await print(json ? asJson(report) : renderTerminal(report, terminal()));
  if (!report.passed) process.exitCode = EXIT.regressed;
}

const MAX_NOTE_CHARACTERS = 2000;
