import type { Report } from '../record/report.js';
import { isUnknown } from '../record/unread.js';
import { countOf } from '../text/units.js';

/** Where something was measured. */
export type MachineAndKernel = Pick<Report, 'platform' | 'subject'>;

/** The machine in one line: CPU, count, SMT, hypervisor and clocksource, as far as they are known. */
export function machineText({ platform }: MachineAndKernel): string {
  return [
    known(platform.cpuModel) || platform.architecture,
    countOf(platform.cpuCount, 'CPU'),
    prefixed('SMT ', platform.smt),
    prefixed('hypervisor ', platform.hypervisor),
    prefixed('clocksource ', platform.clocksource),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** The kernel in one line: release, preemption model, seccomp state, container. */
export function kernelText({ subject }: MachineAndKernel): string {
  return [
    known(subject.kernelRelease) || 'unknown release',
    prefixed('preemption ', subject.preemption),
    prefixed('seccomp ', subject.seccompMode),
    prefixed('in ', subject.container),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/**
 * The vulnerabilities directory of sysfs in one line: what is mitigated and how, what is vulnerable,
 * and how many entries do not affect this CPU.
 */
export function mitigationsText({ subject }: MachineAndKernel): string {
  const entries = Object.entries(subject.vulnerabilities);
  if (entries.length === 0) return 'unknown';
  const mitigated = entries.flatMap(([name, state]) => {
    const means = /^Mitigation: ([^;,]*)/.exec(state)?.[1];
    return means === undefined ? [] : [`${name} (${means.trim()})`];
  });
  const open = entries.flatMap(([name, state]) => (/^Vulnerable/.test(state) ? [name] : []));
  const rest = entries.filter(([, state]) => state === 'Not affected').length;
  return [
    mitigated.join(', '),
    open.length > 0 ? `vulnerable: ${open.join(', ')}` : '',
    rest > 0 ? `${rest} not affected` : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
}

const known = (text: string): string =>
  isUnknown(text) || ['none', 'notsupported', 'notimplemented'].includes(text) ? '' : text;

const prefixed = (prefix: string, text: string): string =>
  known(text) === '' ? '' : `${prefix}${text}`;
