import { createLogUpdate } from 'log-update';
import picocolors from 'picocolors';
import prettyMilliseconds from 'pretty-ms';
import type { Progress } from '../progress.js';
import { clip, plain } from '../text/escape.js';

/** What progress is written to; process.stderr is one. */
export type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

const BAR_CELLS = 16;
const DEFAULT_COLUMNS = 80;
/** A step is printed each time so much of its phase is done, so that a log stays short. */
const PRINTED_SHARE = 0.2;
/** Before this time the pace of a phase says little about its end. */
const PACE_KNOWN_MS = 2000;

/**
 * Progress for whoever started the command line: a live line where the stream is a terminal, else a
 * few plain lines a phase. Give it standard error, so that standard output is the report's alone.
 */
export const terminalProgress = (stream: ProgressStream): Progress =>
  stream.isTTY === true ? liveProgress(stream) : plainProgress(stream);

/** One line that is drawn over; a phase that is over stays above it with the time it took. */
function liveProgress(stream: ProgressStream): Progress {
  // The cursor stays visible: a process that is killed could not bring it back.
  const draw = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
  const colors = picocolors.createColors(!process.env['NO_COLOR']);
  let title = '';
  let began = 0;
  let line = '';
  const redraw = (text: string) => {
    line = text;
    draw(text);
  };
  const close = () => {
    if (title === '') return;
    draw.clear();
    draw.persist(`${title} ${colors.dim(prettyMilliseconds(performance.now() - began))}`);
    title = line = '';
  };
  const interject = (text: string) => {
    draw.persist(text);
    if (line !== '') draw(line);
  };
  return {
    phase(next) {
      close();
      title = plain(next);
      began = performance.now();
      redraw(title);
    },
    step(done, total, detail) {
      const left = timeLeft(done, total, performance.now() - began);
      const text = [title, bar(done, total), left, plain(detail)].filter((part) => part !== '');
      redraw(clip(text.join('  '), (stream.columns ?? DEFAULT_COLUMNS) - 1));
    },
    note: (sentence) => interject(plain(sentence, 1000)),
    warn: (sentence) => interject(`${colors.yellow('warning:')} ${plain(sentence, 1000)}`),
    end: close,
  };
}

/** Lines that are never drawn over: one a phase, and a handful of steps in it. */
function plainProgress(stream: ProgressStream): Progress {
  let nextShare = 0;
  const print = (text: string) => stream.write(`${text}\n`);
  return {
    phase(title) {
      nextShare = PRINTED_SHARE;
      print(plain(title));
    },
    step(done, total, detail) {
      const share = total > 0 ? Math.min(1, done / total) : 1;
      if (share < nextShare) return;
      nextShare = Math.floor(share / PRINTED_SHARE + 1) * PRINTED_SHARE;
      print(`  ${Math.round(100 * share)} %, ${plain(detail, 120)}`);
    },
    note: (sentence) => print(plain(sentence, 1000)),
    warn: (sentence) => print(`warning: ${plain(sentence, 1000)}`),
    end: () => {},
  };
}

function bar(done: number, total: number): string {
  const filled = Math.round((BAR_CELLS * Math.min(done, total)) / Math.max(1, total));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${done}/${total}`;
}

function timeLeft(done: number, total: number, elapsedMs: number): string {
  if (done === 0 || elapsedMs < PACE_KNOWN_MS) return '';
  const leftMs = (elapsedMs / done) * Math.max(0, total - done);
  return `${Math.ceil(leftMs / 1000)} s left`;
}
