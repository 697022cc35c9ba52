/** What a comment remembers for the next run that edits it, in a hidden line below its marker. */
export interface Memory {
  /** The run that wrote it. */
  runId: number;
  runAttempt: number;
  /** Whether it has reported a regression and not yet that it is gone. */
  regressed: boolean;
}

const LINE = /^<!-- run=(\d{1,15}) attempt=(\d{1,6}) regression=(open|none) -->\r?$/;

export const hiddenLine = ({ runId, runAttempt, regressed }: Memory): string =>
  `<!-- run=${runId} attempt=${runAttempt} regression=${regressed ? 'open' : 'none'} -->`;

/** @param body a comment of this gate; without a readable second line it remembers nothing */
export function recall(body: string): Memory | undefined {
  const match = LINE.exec(body.split('\n')[1] ?? '');
  if (match === null) return undefined;
  const [, runId, runAttempt, regression] = match;
  return {
    runId: Number(runId),
    runAttempt: Number(runAttempt),
    regressed: regression === 'open',
  };
}

/** Whether what was remembered is of a later run than this one, or of a later attempt of it. */
export const isNewer = (
  memory: Memory,
  { runId, runAttempt }: { runId: number; runAttempt: number },
): boolean => memory.runId > runId || (memory.runId === runId && memory.runAttempt > runAttempt);
