import { runFileName } from './file.js';
import type { Run } from './run.js';

/** What a run is to the verdict; the arms of a candidate against itself are `before` and `after`. */
export const ROLES = ['baseline', 'candidate', 'before', 'after'] as const;

export interface Exhibit {
  role: (typeof ROLES)[number];
  run: Run;
}

/** The name of its file: sorts a baseline before its candidate, and earlier runs by time. */
export const exhibitFileName = ({ role, run }: Exhibit): string => `${role}-${runFileName(run)}`;

/** What {@link exhibitFileName} makes. */
export const EXHIBIT_FILE_NAME = new RegExp(
  `^(${ROLES.join('|')})-\\d{8}T\\d{4,6}Z-[a-z]+-[0-9a-f]{16}\\.run\\.json$`,
);
