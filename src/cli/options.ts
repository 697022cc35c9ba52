import { DEFAULTS } from '../config/inputs.js';

/** Options that several verbs share, as commander takes them. */

export const candidateOption = [
  '--candidate <spec>',
  'what to test: host, container:IMAGE, kernel:PATH or command:CMD',
  DEFAULTS.candidate,
] as const;

export const containerEngineOption = [
  '--container-engine <name>',
  'docker, podman or nerdctl, by name or path (default: whichever works)',
] as const;

export const kernelOptionsOption = [
  '--kernel-options <options>',
  'how to boot kernels: memory=MIB cpus=N machine=NAME cpu=MODEL accel=kvm|tcg deadline=SECONDS file=HERE:/THERE',
] as const;

export const baselineSetupOption = [
  '--baseline-setup <script>',
  'for command:CMD and baseline auto: builds what CMD runs, in a checkout of the commit that the newest run measured',
] as const;

export const marginOption = [
  '--margin <percent>',
  'smallest change that matters, or glob=percent,… (default: 2% if both sides are measured, 3% against stored runs)',
] as const;

export const alphaOption = [
  '--alpha <level>',
  'how likely a false alarm may be, over all metrics together',
  DEFAULTS.alpha,
] as const;

export const failOnOption = [
  '--fail-on <policy>',
  'when to exit with 1: regression, inconclusive or never',
  DEFAULTS.failOn,
] as const;

export const metricsOption = [
  '--metrics <globs>',
  'which metrics, such as "syscall.*,sendfile.tcp_4k" (default: all)',
] as const;

export const outOption = [
  '--out <folder>',
  'where to write run records, report.json and its evidence',
  DEFAULTS.out,
] as const;

/** For verbs that measure nothing and so have nothing that must be kept. */
export const optionalOutOption = [
  '--out <folder>',
  'where to write the report and its evidence (default: nowhere)',
] as const;

/** The same option for a verb that starts from the settings of an earlier report. */
export const defaultAsBefore = ([flags, text]: readonly [string, string, string?]) =>
  [flags, `${text.replace(/ \(default: .*\)$/, '')} (default: as before)`] as const;

export const jsonOption = (what: string) =>
  ['--json', `print ${what} as JSON, and nothing else, to standard output`] as const;
