import type { Progress } from '#src/progress.js';

/** Of a benchmark, which tells its own. */
export const SILENT: Progress = {
  phase: () => undefined,
  step: () => undefined,
  note: () => undefined,
  warn: () => undefined,
  end: () => undefined,
};
