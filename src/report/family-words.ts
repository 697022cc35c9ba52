import { FAMILIES, type Family, familyNameOf, familyOf } from '../families.js';

const families: Record<Family, string> = {
  control: 'Control loops',
  clock: 'Clocks',
  syscall: 'System calls',
  signal: 'Signals',
  context: 'Context switches',
  process: 'Processes and threads',
  memory: 'Memory',
  net: 'Network round trips',
  sendfile: 'Sending files',
  exact: 'Exact counts',
  host: 'The host during the run',
};

/** @param id a metric's id, or only its family */
export function familyTitle(id: string): string {
  const family = familyOf(id);
  return family === undefined ? familyNameOf(id) : families[family];
}

/** The order in which families are shown. Unknown families come last. */
export function familyRank(id: string): number {
  const family = familyOf(id);
  return family === undefined ? FAMILIES.length : FAMILIES.indexOf(family);
}
