import { quote } from 'shell-quote';
import { usageFailure } from '../failure.js';
import { targetSchema } from '../record/run.js';
import { withoutSecrets } from './environment.js';
import type { TargetKind } from './kind.js';
import type { RunnableSpec } from './spec.js';
import type { LaunchCommand } from './target.js';
import { Refusal, splitWords } from './words.js';

type CommandSpec = Extract<RunnableSpec, { kind: 'command' }>;

const PROBE = '{probe}';
const MAX_SPEC = targetSchema.shape.spec.maxLength ?? 0;

/**
 * The end of a command whose probe reads its plan from standard input: its last word is `-`, or is
 * a script that ends in ` -`.
 */
const STREAMED = /(^|\s)-$/;

/**
 * `command:CMD`: any command line that runs the probe. It is started without a shell; its words are
 * split and unquoted as a POSIX shell does, but no other shell syntax works.
 *
 * The plan goes either into the command line or to its standard input:
 * - A word that is exactly `{probe}` becomes the probe's path and arguments as separate words
 *   (`chrt -f 50 {probe}`, `runsc do {probe}`). Within a longer word it becomes one shell-quoted
 *   text (`sh -c 'exec {probe}'`).
 * - If the command ends in `-`, the probe that it starts reads its plan from standard input (`ssh
 *   board ./probe -`). Then `{probe}`, which may occur any number of times, is the probe's path on
 *   this machine (`sh -c 'scp -q {probe} board:p && exec ssh board ./p -'`).
 *
 * Results come back on standard output, since few wrappers pass other descriptors on.
 */
export const commandTarget: TargetKind<CommandSpec> = {
  syntax: `command:CMD with ${PROBE} in it, or - at its end`,
  parse({ input, spec, rest = '' }) {
    try {
      return { kind: 'command', spec, argv: splitCommand(spec, rest) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw usageFailure(`${input} "${abridge(spec)}" cannot be run: ${error.message}.`);
    }
  },
  open: async ({ kind, spec, argv }, { probe }) => ({
    record: { kind, spec },
    timed: true,
    results: 'stdout',
    start: (words) =>
      isStreamed(argv) ? streamed(argv, probe, words) : onCommandLine(argv, probe, words),
    environment: withoutSecrets,
  }),
  again: async () => 'a command line does not say which files it ran then',
};

const isStreamed = (argv: readonly string[]): boolean => STREAMED.test(argv.at(-1) ?? '');

const streamed = (
  argv: readonly string[],
  probe: string,
  words: readonly string[],
): LaunchCommand => ({
  argv: argv.map((word) =>
    // Within a script, the path must be quoted as a word of its own; a whole word must not be
    // quoted.
    word.replaceAll(PROBE, () => (/\s/.test(word) ? quote([probe]) : probe)),
  ),
  input: `${words.join('\n')}\n\n`,
});

const onCommandLine = (
  argv: readonly string[],
  probe: string,
  words: readonly string[],
): LaunchCommand => ({ argv: argv.flatMap((word) => putProbe(word, [probe, ...words])) });

const putProbe = (word: string, commandLine: string[]): string[] =>
  word === PROBE ? commandLine : [word.replaceAll(PROBE, () => quote(commandLine))];

function splitCommand(spec: string, command: string): string[] {
  if (spec.length > MAX_SPEC) {
    throw new Refusal(`it is longer than ${MAX_SPEC} characters; put the command in a script`);
  }
  const argv = splitWords(command);
  if (argv.some((word) => word.includes(PROBE)) || (argv.length > 1 && isStreamed(argv))) {
    return argv;
  }
  throw new Refusal(
    `it does not say where the probe goes; write ${PROBE} in place of the probe's command line, or end it with - for a probe that reads its plan from standard input`,
  );
}

const abridge = (spec: string): string => (spec.length > 200 ? `${spec.slice(0, 200)}…` : spec);
