import { DEFAULTS } from '../config/inputs.js';

/** Options that several verbs share, as commander takes them. */

export const candidateOption = [
  '--candidate <spec>',
  'what is under test: host, container:IMAGE, kernel:PATH, command:CMD',
  DEFAULTS.candidate,
] as const;

export const containerEngineOption = [
  '--container-engine <name>',
  'docker, podman or nerdctl, by name or path (default: whichever works)',
] as const;

export const kernelOptionsOption = [
  '--kernel-options <options>',
  'how kernels are booted: memory=MIB cpus=N machine=NAME cpu=MODEL accel=kvm|tcg deadline=SECONDS file=HERE:/THERE',
] as const;

export const marginOption = [
  '--margin <percent>',
  'smallest change that matters, or glob=percent,… (default: 2% side by side, 3% against stored runs)',
] as const;

export const alphaOption = [
  '--alpha <level>',
  'family-wise error level of the verdict',
  DEFAULTS.alpha,
] as const;

export const failOnOption = [
  '--fail-on <policy>',
  'regression, inconclusive or never',
  DEFAULTS.failOn,
] as const;

export const metricsOption = [
  '--metrics <globs>',
  'which metrics, such as "syscall.*,sendfile.tcp_4k" (default: all)',
] as const;

export const outOption = [
  '--out <folder>',
  'where run records, report.json and its evidence go',
  DEFAULTS.out,
] as const;

/** Of a verb that measures nothing and so has nothing that must be kept. */
export const keepOption = [
  '--out <folder>',
  'keep the report there, and its evidence (default: nowhere)',
] as const;

/** The same option of a verb that starts from what was said before. */
export const asJudged = ([flags, text]: readonly [string, string, string?]) =>
  [flags, `${text.replace(/ \(default: .*\)$/, '')} (default: as it was judged)`] as const;

export const jsonOption = (what: string) =>
  ['--json', `print ${what} as JSON, and nothing else, on standard output`] as const;
