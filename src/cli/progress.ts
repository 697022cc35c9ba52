import { createLogUpdate } from 'log-update';
import picocolors from 'picocolors';
import prettyMilliseconds from 'pretty-ms';
import type { Progress } from '../progress.js';
import { clip, plain } from '../text/escape.js';

/** The stream that progress is written to, such as process.stderr. */
type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

const BAR_CELLS = 16;
const DEFAULT_COLUMNS = 80;
/** A step is printed each time this share of its phase is done, so that a log stays short. */
const PRINTED_SHARE = 0.2;
/** Before this time, the speed of a phase does not predict its end well. */
const PACE_KNOWN_MS = 2000;

/**
 * Progress for the person at the command line: a live line on a terminal, else a few plain lines
 * per phase. Pass it standard error, so that standard output has only the report.
 */
export const terminalProgress = (stream: ProgressStream): Progress =>
  stream.isTTY === true ? liveProgress(stream) : plainProgress(stream);

/** One line that is redrawn. A finished phase stays above it with the time that it took. */
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

/** Lines that are never redrawn: one per phase, and at most five steps in it. */
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
