/** What a comment stores for the next run that edits it, in a hidden line below its marker. */
export interface Memory {
  /** The run that wrote it. */
  runId: number;
  runAttempt: number;
  /** Whether the comment reports a regression that no later run has shown to be gone. */
  regressed: boolean;
}

const LINE = /^<!-- run=(\d{1,15}) attempt=(\d{1,6}) regression=(open|none) -->\r?$/;

export const hiddenLine = ({ runId, runAttempt, regressed }: Memory): string =>
  `<!-- run=${runId} attempt=${runAttempt} regression=${regressed ? 'open' : 'none'} -->`;

/**
 * Reads the hidden line.
 *
 * @param body a comment of this gate
 * @returns undefined if its second line cannot be read
 */
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

/**
 * Whether the comment was written by a later run than this one, or by a later attempt of this run.
 */
export const isNewer = (
  memory: Memory,
  { runId, runAttempt }: { runId: number; runAttempt: number },
): boolean => memory.runId > runId || (memory.runId === runId && memory.runAttempt > runAttempt);
