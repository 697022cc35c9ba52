import { FAMILIES, type Family, familyNameOf, familyOf } from '../families.js';
import {
  type FindingReport,
  isInstructionsReport,
  isMeasuredReport,
  type MeasuredReport,
} from '../record/finding.js';
import type { Report } from '../record/report.js';
import { type GateVerdict, VERDICTS, type Verdict } from '../record/verdict.js';
import { countOf, formatShare } from '../text/units.js';

/** The words, symbols and names that every rendering shares. Nothing here escapes its text. */

/** One column wide in a terminal; the shape carries the meaning without its colour. */
export const verdictSymbols: Record<GateVerdict, string> = {
  blocked: '■',
  regressed: '▲',
  improved: '▼',
  unchanged: '=',
  inconclusive: '?',
  incomparable: '≠',
  'no-baseline': '○',
};

/** For Markdown, where a word always stands beside the mark. */
export const verdictMarks: Record<GateVerdict, string> = {
  blocked: '⛔',
  regressed: '🔴',
  improved: '🟢',
  unchanged: '⚪',
  inconclusive: '🟡',
  incomparable: '🟣',
  'no-baseline': '🔵',
};

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
  host: 'The host meanwhile',
};

/** @param id a metric's id, or its family alone */
export function familyTitle(id: string): string {
  const family = familyOf(id);
  return family === undefined ? familyNameOf(id) : families[family];
}

/** The order in which families are shown; those that are not known come last. */
export function familyRank(id: string): number {
  const family = familyOf(id);
  return family === undefined ? FAMILIES.length : FAMILIES.indexOf(family);
}

const fields: Record<string, string> = {
  architecture: 'architecture',
  cpuVendor: 'CPU vendor',
  cpuModel: 'CPU model',
  cpuFamily: 'CPU family',
  cpuModelNumber: 'CPU model number',
  cpuStepping: 'CPU stepping',
  microcode: 'microcode',
  cpuCount: 'CPUs',
  hypervisor: 'hypervisor',
  clocksource: 'clocksource',
  smt: 'SMT',
  kernelRelease: 'kernel release',
  kernelVersion: 'kernel version',
  kernelCommandLine: 'kernel command line',
  kernelConfigHash: 'kernel config hash',
  preemption: 'preemption',
  seccompMode: 'seccomp mode',
  seccompFilters: 'seccomp filters',
  securityModules: 'security modules',
  libc: 'libc',
  container: 'container',
  scheduler: 'scheduler',
  cgroupDepth: 'cgroup depth',
  loopbackMtu: 'loopback MTU',
  tcpBuffers: 'TCP buffers',
  probeUid: 'probe uid',
};

/**
 * @param field a field of a run as reports name it, `kernelRelease`, `vulnerabilities.mds` or, of what
 * the target's tools said, `target.image`
 */
export const fieldName = (field: string): string =>
  fields[field] ?? field.replace(/^vulnerabilities\./, 'mitigation of ').replace(/^target\./, '');

/** How many findings got each verdict. */
export function countVerdicts(findings: readonly { verdict: Verdict }[]): Record<Verdict, number> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0]));
  for (const { verdict } of findings) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts as Record<Verdict, number>;
}

/** `2 regressed, 1 inconclusive, 18 unchanged`, worst first; verdicts nobody got are left out. */
export const countsText = (counts: Record<Verdict, number>): string =>
  VERDICTS.filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`)
    .join(', ');

/** `8 of 60 gated metrics`, `All 60 gated metrics`, `The only gated metric`. */
export function shareText(count: number, total: number): string {
  if (total === 1) return 'The only gated metric';
  return count === total ? `All ${total} gated metrics` : `${count} of ${total} gated metrics`;
}

/** How the evidence was gathered, as a clause. */
export function designText(report: Report): string {
  const timed = report.findings.some(isMeasuredReport) ? [timesDesign(report)] : [];
  const counted = report.counted === null ? [] : [countedDesign(report)];
  return [...timed, ...counted].join('; ');
}

function countedDesign({ findings }: Report): string {
  const boots = findings
    .filter(isInstructionsReport)
    .map(({ candidate }) => (candidate.status === 'ok' ? candidate.boots.length : 0));
  return `counted: ${countOf(Math.max(0, ...boots), 'boot')} a side under a clock of instructions`;
}

function timesDesign(report: Report): string {
  const each = `${replicatesText(report)} a side`;
  switch (report.design) {
    case 'duet':
      return `duet: both sides interleaved in this job, ${each}`;
    case 'prediction':
      return `prediction: this run against ${countOf(report.baseline.runs.length, 'stored run')}, ${replicatesText(report)} in this one`;
    case 'shards':
      return `shards: both sides interleaved on ${machinesText(report)}, ${each} in all`;
    case 'self':
      return `the candidate against itself, ${each}`;
  }
}

/** `3 machines`, `1 machine`. */
export const machinesText = ({ machines }: Pick<Report, 'machines'>): string =>
  countOf(machines.length, 'machine');

/** The price of being wrong, as a clause. */
export const errorBudgetText = (report: Report): string =>
  `at most ${formatShare(report.alpha)} of runs without a change raise any false alarm ` +
  `(family-wise, ${countOf(report.familySize, 'gated metric')})`;

/** The fewest and most replicates (fresh processes) that stand behind a metric's estimate. */
export function replicatesText({ findings }: Report): string {
  const counts = findings
    .filter(isMeasuredReport)
    .flatMap(({ candidate }) => (candidate.status === 'ok' ? [candidate.replicates] : []));
  if (counts.length === 0) return 'no replicates';
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? countOf(low, 'replicate') : `${low} to ${high} replicates`;
}

/** `denied`, `no loopback`: a side's status as words. */
export const statusText = ({ status }: { status: string }): string => status.replaceAll('_', ' ');

const settlers: Record<Report['design'], string> = {
  duet: 'pair',
  prediction: 'stored run',
  shards: 'machine',
  self: 'pair',
};

/** What would settle an inconclusive metric, as a clause, or nothing when nobody knows. */
export function settleText(
  { design }: Pick<Report, 'design'>,
  { replicatesToSettle }: MeasuredReport,
): string {
  if (replicatesToSettle === null) return '';
  const what = settlers[design];
  return `about ${countOf(replicatesToSettle, what)} would settle it`;
}

/** The coverage of the intervals shown, `95 %`; empty when none is. */
export function coverageText({ findings }: Report): string {
  const changes = findings.filter(isMeasuredReport).map(({ change }) => change);
  const change = changes.find((one) => one !== null && one.confidence < 1);
  return change ? formatShare(change.confidence) : '';
}

/** The margins in force: `2 %`, `2 to 10 %`. */
export function marginText({ findings }: Report): string {
  const margins = findings
    .filter(isMeasuredReport)
    .filter(({ gate, margin }) => gate && margin > 0)
    .map(({ margin }) => margin);
  if (margins.length === 0) return '';
  return rangeText(Math.min(...margins), Math.max(...margins));
}

/** Two shares as a range, `2 to 10 %`; `2 %` where they are one. */
export function rangeText(from: number, to: number): string {
  const [low, high] = [formatShare(from), formatShare(to)];
  return low === high ? low : `${low.replace(' %', '')} to ${high}`;
}

/** Where something was measured. */
export type Surroundings = Pick<Report, 'platform' | 'subject'>;

/** The machine in one line: CPU, count, SMT and hypervisor, as far as they are known. */
export function machineText({ platform }: Surroundings): string {
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

/** The kernel in one line: release, preemption model, seccomp state. */
export function kernelText({ subject }: Surroundings): string {
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
 * The vulnerabilities directory of sysfs in one line: what is mitigated and by what, what is left
 * open, and how many do not concern this CPU.
 */
export function mitigationsText({ subject }: Surroundings): string {
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

/** Said only where the verdict alone would let a reader guess the exit code wrongly. */
export function policyText({ verdict, passed }: Report): string {
  if (verdict === 'blocked' || verdict === 'regressed')
    return passed ? ' (passes: fail-on is never)' : '';
  return passed ? '' : ' (fails: fail-on is inconclusive)';
}

/** What to do now, one sentence, or nothing where there is nothing to add. */
export function nextStepText(report: Report): string {
  if (report.design === 'self') {
    return report.baseline.spec === 'artifact'
      ? 'The next run of this workflow compares with the runs of the base branch, once there is one.'
      : "This run's record is kept in the out folder, where later runs can be compared with it; with few stored runs only large changes show.";
  }
  if (report.verdict === 'inconclusive') return settlingText(report);
  const red = report.verdict === 'blocked' || report.verdict === 'regressed';
  return report.design === 'prediction' && red ? storedText(report) : '';
}

const SETTLING: Record<Report['design'], string> = {
  duet: 'A longer run (duration) makes the intervals narrower.',
  prediction:
    'More stored runs make the intervals narrower; a paired comparison (two sides that run here) needs none.',
  shards:
    'More machines (shards) make the intervals narrower; where a machine has few pairs, so does a longer run (duration) on each.',
  self: '',
};

const settlingText = ({ design, findings }: Report): string =>
  findings.some(isUndecidedTime) ? SETTLING[design] : '';

const isUndecidedTime = (finding: FindingReport): boolean =>
  isMeasuredReport(finding) && finding.verdict === 'inconclusive';

/** Counts and lost operations are facts, however old the run that they are compared with. */
function storedText({ findings, baseline }: Report): string {
  const byTime = findings.some(
    (finding) => finding.measure === 'time' && finding.gate && finding.verdict === 'regressed',
  );
  return [
    byTime
      ? 'Times of stored runs are weaker evidence than a paired comparison: where both sides run here, give both (baseline and candidate).'
      : '',
    baseline.spec === 'artifact'
      ? ''
      : 'This record is set aside in the folder "regressed"; move it up to accept it as a baseline.',
  ]
    .filter((text) => text !== '')
    .join(' ');
}

const known = (text: string): string =>
  ['', 'unknown', 'none', 'notsupported', 'notimplemented'].includes(text) ? '' : text;

const prefixed = (prefix: string, text: string): string =>
  known(text) === '' ? '' : `${prefix}${text}`;

/** Whether the report shows that no gated metric is worse, rather than failing to show one. */
export const isClear = ({ verdict, counts }: Report): boolean =>
  verdict === 'unchanged' ||
  (verdict === 'improved' && counts.inconclusive + counts.incomparable === 0);

/** Whether a gated metric was shown to be worse, whatever the policy says to that. */
export const isRed = ({ verdict }: Report): boolean =>
  verdict === 'blocked' || verdict === 'regressed';
