import { countOf, formatInstructionsDifference } from '../text/units.js';
import type { CallChange } from '../trace/changes.js';
import { isOneSided } from '../trace/difference.js';

/** A change of a call, from the trace or from a report. */
type AnyCallChange = Pick<CallChange, 'name' | 'difference' | 'change' | 'below'> & {
  caller?: string | null;
  module?: string | null;
};

/** `+21 security_file_permission → bpf_lsm_file_permission (new)`, `+3 vfs_read` */
export function callText({
  caller,
  name,
  module,
  difference,
  change,
  below,
}: AnyCallChange): string {
  const oneSided = isOneSided(change);
  const from = oneSided && caller ? `${caller} → ` : '';
  const where = module ? ` [${module}]` : '';
  const others = below === 0 ? '' : `, with ${countOf(below, 'function')} that it calls`;
  const state = oneSided ? ` (${change}${others})` : '';
  return `${formatInstructionsDifference(difference)} ${from}${name}${where}${state}`;
}

/** The calls with the largest differences, in their original order. */
export function largestCalls<C extends { difference: number }>(calls: readonly C[], max: number) {
  const largest = calls
    .toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference))
    .slice(0, max);
  return calls.filter((one) => largest.includes(one));
}
