import { quote } from 'shell-quote';
import { measurementFailure, usageFailure } from '../failure.js';
import { COMMIT } from '../record/facts.js';
import { targetSchema } from '../record/run.js';
import { checkOut, commitHere, isWhole, topFolder } from './command/checkout.js';
import { checkOwnFiles } from './command/own-files.js';
import { runSetup, SetupRefusal } from './command/setup.js';
import { withoutSecrets } from './environment.js';
import type { AgainTools, TargetKind, TargetTools } from './kind.js';
import type { CommandSpec } from './spec.js';
import type { LaunchCommand } from './target.js';
import { Refusal, splitWords } from './words.js';

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
 *
 * With a script that sets up a baseline, the record holds the commit. So a later run can check that
 * commit out, run its own script there, and measure the same command in that folder.
 */
export const commandTarget: TargetKind<CommandSpec> = {
  syntax: `command:CMD with ${PROBE} in it, or - at its end`,
  parse({ input, spec, rest = '', options: { baselineSetup } }) {
    try {
      const setup = baselineSetup === '' ? {} : { setup: baselineSetup };
      return { kind: 'command', spec, argv: splitCommand(spec, rest), ...setup };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw usageFailure(`${input} "${abridge(spec)}" cannot be run: ${error.message}.`);
    }
  },
  async open(spec, tools) {
    const { probe } = tools;
    const commit = await commitOf(spec, tools);
    const { argv, folder } = spec;
    return {
      record: {
        ...{ kind: spec.kind, spec: spec.spec },
        ...(commit === undefined ? {} : { facts: { [COMMIT]: commit } }),
      },
      timed: true,
      results: 'stdout',
      start: (words) => ({
        ...(isStreamed(argv) ? streamed(argv, probe, words) : onCommandLine(argv, probe, words)),
        ...(folder === undefined ? {} : { folder }),
      }),
      environment: withoutSecrets,
    };
  },
  async again({ target }, rest, { setup }, tools) {
    if (setup === undefined) {
      return 'a command line does not say which files it ran then (baseline-setup can build them again)';
    }
    try {
      const argv = splitCommand(target.spec, rest);
      const commit = target.facts?.[COMMIT] ?? '';
      const folder = await setUp(argv, commit, setup, tools);
      return { kind: 'command', spec: target.spec, argv, setup, folder, commit };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error instanceof SetupRefusal) for (const line of error.lines) tools.progress.note(line);
      return `what its command ran cannot be built again, because ${error.message}`;
    }
  },
};

/** The commit to record: only for a command that is set up again by its commit. */
async function commitOf(
  { spec, setup, commit }: CommandSpec,
  { signal, progress }: TargetTools,
): Promise<string | undefined> {
  if (commit !== undefined || setup === undefined) return commit;
  try {
    const here = await commitHere(signal);
    if (!isWhole(here)) progress.note(NOT_AGAIN);
    return here;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw measurementFailure(
      `The commit of ${abridge(spec)} cannot be recorded, because ${error.message}: run it in a git repository, or leave baseline-setup out.`,
      error,
    );
  }
}

const NOT_AGAIN =
  'Files that git tracks were changed since the last commit, so no later run can build what is measured now (baseline-setup).';

/**
 * Checks out the commit that was measured then, and runs the script there.
 *
 * @returns the folder to run the command in
 */
async function setUp(
  argv: readonly string[],
  commit: string,
  script: string,
  { signal, progress, cleanUp }: AgainTools,
): Promise<string> {
  progress.phase(`Set up the baseline of commit ${commit.slice(0, 10)}`);
  const folder = await checkOut(commit, cleanUp, signal);
  await runSetup(script, folder, signal);
  checkOwnFiles(argv, await topFolder(signal), folder);
  return folder;
}

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
