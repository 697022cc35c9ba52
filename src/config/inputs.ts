import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { usageFailure } from '../failure.js';
import { DEFAULT_ALPHA } from '../stats/assumptions.js';
import type { EvidenceChoice, RunnableSpec, TargetOptions } from '../targets/spec.js';
import type { BaselineSpec, Config } from './config.js';
import { parseBaseline, parseCandidate } from './specs.js';
import {
  HISTORY,
  parseAlpha,
  parseChoice,
  parseCount,
  parseDuration,
  parseEvidence,
  parseFailOn,
  parseGlobs,
  parseMargins,
  parseSeed,
} from './values.js';

/**
 * The inputs as a person or a workflow wrote them, not yet parsed; absent or empty means the
 * default.
 */
export interface RawInputs extends RawTargetOptions {
  candidate?: string | undefined;
  baseline?: string | undefined;
  duration?: string | undefined;
  margin?: string | undefined;
  metrics?: string | undefined;
  alpha?: string | undefined;
  failOn?: string | undefined;
  out?: string | undefined;
  seed?: string | undefined;
  evidence?: string | undefined;
  history?: string | undefined;
  keepKernel?: string | undefined;
}

/** The inputs that belong to a kind of target, beside its spec. */
export interface RawTargetOptions {
  containerEngine?: string | undefined;
  kernelOptions?: string | undefined;
  baselineSetup?: string | undefined;
}

export const DEFAULTS = {
  candidate: 'host',
  baseline: 'auto',
  duration: '60s',
  /** For kernels, which are booted for each launch. */
  kernelDuration: '5m',
  alpha: String(DEFAULT_ALPHA),
  failOn: 'regression',
  evidence: 'auto',
  out: '.syscall-gate',
  /** Stored runs that are pooled. Older ones say little about the machine of today. */
  history: '20',
  keepKernel: 'false',
} as const;

/**
 * Turns written inputs into the one typed Config; measures and touches nothing.
 * @throws Failure (usage): one sentence that names the input, what is wrong and what is allowed
 */
export function parseConfig(raw: RawInputs): Config {
  const out = raw.out || DEFAULTS.out;
  const options = targetOptions(raw);
  const candidate = parseCandidate((raw.candidate || DEFAULTS.candidate).trim(), options);
  const baseline = parseBaseline((raw.baseline || DEFAULTS.baseline).trim(), options, out);
  const evidence = parseEvidence(raw.evidence || DEFAULTS.evidence);
  requireKernels(evidence, [candidate, baseline]);
  requireCommand(options, candidate, baseline);
  return {
    ...{ candidate, baseline, evidence },
    durationMs: parseDuration(raw.duration || defaultDuration([candidate, baseline])),
    metrics: parseGlobs(raw.metrics ?? ''),
    margins: parseMargins(raw.margin ?? ''),
    alpha: parseAlpha(raw.alpha || DEFAULTS.alpha),
    failOn: parseFailOn(raw.failOn || DEFAULTS.failOn),
    keepKernel: parseKeepKernel(raw.keepKernel || DEFAULTS.keepKernel, candidate),
    out: resolve(out),
    history: parseCount('history', raw.history || DEFAULTS.history, HISTORY),
    seed: raw.seed ? parseSeed(raw.seed) : randomInt(0x1_0000_0000),
  };
}

/**
 * Counting needs kernels that an emulator boots. Stored runs are not checked here: their records
 * say which evidence they hold.
 */
function requireKernels(evidence: EvidenceChoice, sides: readonly BaselineSpec[]): void {
  if (evidence === 'auto' || evidence === 'timed') return;
  const other = sides.find(({ kind }) => NEVER_COUNTED.has(kind));
  if (other !== undefined) {
    throw usageFailure(
      `evidence "${evidence}" counts the instructions of kernels that an emulator boots, and ${other.spec} is not such a kernel: give kernel:PATH or host, or evidence timed.`,
    );
  }
  if (sides.some(({ kind }) => kind !== 'host')) return;
  throw usageFailure(
    `evidence "${evidence}" counts the instructions of a kernel on each side, and host on both sides is one kernel: give kernel:PATH or stored runs as the baseline, or evidence timed.`,
  );
}

/** Only what a stored run measured has to be set up again, and only a command does not say its files. */
function requireCommand(
  { baselineSetup }: TargetOptions,
  candidate: RunnableSpec,
  baseline: BaselineSpec,
): void {
  if (baselineSetup === '') return;
  const other = candidate.kind === 'command' ? baseline : candidate;
  if (other === baseline && baseline.kind === 'auto') return;
  throw usageFailure(
    `baseline-setup builds what an earlier run of a command measured, and ${other === baseline ? 'the baseline' : 'the candidate'} is ${other.spec}: give candidate command:CMD and baseline auto, or leave baseline-setup out.`,
  );
}

function parseKeepKernel(text: string, { kind, spec }: RunnableSpec): boolean {
  const keeps = parseChoice('keep-kernel', text, ['true', 'false']) === 'true';
  if (!keeps || kind === 'kernel') return keeps;
  throw usageFailure(
    `keep-kernel keeps the candidate's kernel image for later runs, and ${spec} is no kernel image: give candidate kernel:PATH, or leave keep-kernel out.`,
  );
}

/** Kinds of target that run under this machine's own kernel and change what enters it. */
const NEVER_COUNTED: ReadonlySet<string> = new Set(['command', 'container']);

const defaultDuration = (sides: readonly BaselineSpec[]): string =>
  sides.some(({ kind }) => kind === 'kernel') ? DEFAULTS.kernelDuration : DEFAULTS.duration;

const targetOptions = (raw: RawTargetOptions): TargetOptions => ({
  containerEngine: (raw.containerEngine ?? '').trim(),
  kernelOptions: (raw.kernelOptions ?? '').trim(),
  baselineSetup: (raw.baselineSetup ?? '').trim(),
});
