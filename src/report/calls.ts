import { countOf, formatInstructionsDifference } from '../text/units.js';
import type { CallChange } from '../trace/changes.js';
import { isOneSided } from '../trace/difference.js';

/** A change of a call, as the trace or a report holds it. */
type ToldCall = Pick<CallChange, 'name' | 'difference' | 'change' | 'below'> & {
  caller?: string | null;
  module?: string | null;
};

/** `+21 security_file_permission → bpf_lsm_file_permission (new)`, `+3 vfs_read` */
export function callText({ caller, name, module, difference, change, below }: ToldCall): string {
  const oneSided = isOneSided(change);
  const from = oneSided && caller ? `${caller} → ` : '';
  const where = module ? ` [${module}]` : '';
  const others = below === 0 ? '' : ` with ${countOf(below, 'function')} that it calls`;
  const state = oneSided ? ` (${change}${others})` : '';
  return `${formatInstructionsDifference(difference)} ${from}${name}${where}${state}`;
}

/** Those of the largest differences, in the order that they are in. */
export function largestCalls<C extends { difference: number }>(calls: readonly C[], most: number) {
  const largest = calls
    .toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference))
    .slice(0, most);
  return calls.filter((one) => largest.includes(one));
}
