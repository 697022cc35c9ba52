import { type ParseEntry, parse, quote } from 'shell-quote';
import type { RunnableSpec } from '../config/config.js';
import { usageFailure } from '../failure.js';
import { targetSchema } from '../record/run.js';
import type { TargetKind } from './kind.js';

type CommandSpec = Extract<RunnableSpec, { kind: 'command' }>;

const PROBE = '{probe}';
const MAX_SPEC = targetSchema.shape.spec.maxLength ?? 0;
/** What a POSIX shell reads as quoted; a quote character outside of these has no partner. */
const QUOTED = /\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g;

/**
 * `command:CMD`: any command line with `{probe}` in it, started without a shell. A word that is
 * exactly `{probe}` becomes the probe's path and arguments as separate words (`chrt -f 50 {probe}`,
 * `ssh board {probe}`); within a longer word it becomes one shell-quoted text (`sh -c 'exec {probe}'`).
 * Results come back on standard output, since few wrappers pass descriptors on.
 */
export const commandTarget: TargetKind<CommandSpec> = {
  syntax: `command:CMD with ${PROBE} in it`,
  parse(input, spec, rest = '') {
    try {
      return { kind: 'command', spec, argv: splitCommand(spec, rest) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw usageFailure(`${input} "${abridge(spec)}" cannot be run: ${error.message}.`);
    }
  },
  make: ({ kind, spec, argv }) => ({
    record: { kind, spec },
    results: 'stdout',
    argv: (probe, planArguments) =>
      argv.flatMap((word) => putProbe(word, [probe, ...planArguments])),
    environment: withoutSecrets,
  }),
};

/** What a runner tells its actions: tokens, and paths that only they should write to. */
const RUNNERS_OWN = /^(INPUT_|ACTIONS_|GITHUB_|RUNNER_)/;

/** Agents, engine sockets and the rest of what a wrapper may need, but not the job's credentials. */
function withoutSecrets(own: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const kept = Object.entries(own).flatMap(([name, value]) =>
    value === undefined || RUNNERS_OWN.test(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}

const putProbe = (word: string, commandLine: string[]): string[] =>
  word === PROBE ? commandLine : [word.replaceAll(PROBE, () => quote(commandLine))];

/** One clause that says why a command is not taken and what to write instead. */
class Refusal extends Error {}

function splitCommand(spec: string, command: string): string[] {
  if (spec.length > MAX_SPEC) {
    throw new Refusal(`it is longer than ${MAX_SPEC} characters; put the command in a script`);
  }
  const argv = splitWords(command);
  if (argv.some((word) => word.includes(PROBE))) return argv;
  throw new Refusal(`write ${PROBE} where the probe's command line goes`);
}

function splitWords(command: string): string[] {
  if (/['"]/.test(command.replace(QUOTED, ''))) throw new Refusal('close the quote that it opens');
  return parseWithoutVariables(command).map((entry) => {
    if (typeof entry === 'string') return entry;
    throw new Refusal(needsShell(entry));
  });
}

/** shell-quote throws of itself only for a malformed `${…}`, which is a variable too. */
function parseWithoutVariables(command: string): ParseEntry[] {
  try {
    return parse(command, (name): string => {
      throw new Error(name);
    });
  } catch {
    throw new Refusal("variables are not expanded without a shell; write sh -c '…' around it");
  }
}

function needsShell(entry: Exclude<ParseEntry, string>): string {
  if ('comment' in entry) return 'put the word with # in it in quotes';
  if (entry.op !== 'glob') return `'${entry.op}' needs a shell; write sh -c '…' around it`;
  return `patterns are not expanded without a shell; put '${entry.pattern}' in quotes`;
}

const abridge = (spec: string): string => (spec.length > 200 ? `${spec.slice(0, 200)}…` : spec);
