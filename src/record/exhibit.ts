import { runFileName } from './file.js';
import type { Run } from './run.js';

/** The role of a run in a verdict. `before` and `after` are the arms of a candidate against itself. */
export const ROLES = ['baseline', 'candidate', 'before', 'after'] as const;

export interface Exhibit {
  role: (typeof ROLES)[number];
  run: Run;
}

/** The file name of a run. By name, baselines sort before candidates, and runs of a role by time. */
export const exhibitFileName = ({ role, run }: Exhibit): string => `${role}-${runFileName(run)}`;

/** Matches the names that {@link exhibitFileName} makes. */
export const EXHIBIT_FILE_NAME = new RegExp(
  `^(${ROLES.join('|')})-\\d{8}T\\d{4,6}Z-[a-z]+-[0-9a-f]{16}\\.run\\.json$`,
);
