import * as core from '@actions/core';
import type { Progress } from '../progress.js';
import { logLine } from './log.js';

/**
 * A step is logged each time this share of its phase is done: people read a log, they do not watch
 * it.
 */
const LOGGED_SHARE = 0.1;

/**
 * Progress in a job's log: one group per phase, plain lines for steps, annotations for warnings.
 */
export function actionsProgress(): Progress {
  let open = false;
  let logged = 0;
  const close = () => {
    if (open) core.endGroup();
    open = false;
  };
  return {
    phase(title) {
      close();
      core.startGroup(title);
      open = true;
      logged = 0;
    },
    step(done, total, detail) {
      const share = total > 0 ? done / total : 1;
      if (share < logged + LOGGED_SHARE && done < total) return;
      logged = share;
      logLine(`${done}/${total} ${detail}`);
    },
    note: logLine,
    warn: (sentence) => core.warning(sentence),
    end: close,
  };
}
