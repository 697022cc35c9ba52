import type { Progress } from '#src/progress.js';

/** No progress: a benchmark prints its own. */
export const SILENT: Progress = {
  phase: () => undefined,
  step: () => undefined,
  note: () => undefined,
  warn: () => undefined,
  end: () => undefined,
};
