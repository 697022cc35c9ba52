import type { Progress } from '../progress.js';
import type { Source } from '../record/run.js';

/** What a flow needs from its caller. It does not know whether a person or a workflow called. */
export interface Surroundings {
  progress: Progress;
  /** Aborting it ends every launch and rejects the flow with the signal's reason. */
  signal: AbortSignal;
  /** The workflow run that measures, if one does: run records name it. */
  source?: Source;
}
