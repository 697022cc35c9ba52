#!/usr/bin/env node
import { Command } from 'commander';
import { addCompare } from './cli/compare.js';
import { addCrossing } from './cli/crossing.js';
import { addGate } from './cli/gate.js';
import { addMerge } from './cli/merge.js';
import { addReplay } from './cli/replay.js';
import { addSelftest } from './cli/selftest.js';
import { exitCodeOf, print, tolerateClosedReaders } from './cli/shell.js';
import { VERSION } from './version.js';

/** A new verb is a file in cli/ and an entry in this list. */
const VERBS = [addGate, addMerge, addCompare, addReplay, addCrossing, addSelftest];

/** The help or the version, if that was asked for. */
let help = '';

const program = new Command('syscall-gate')
  .description('Measures what entering the kernel costs and says whether it got slower.')
  .version(VERSION)
  .enablePositionalOptions()
  .configureOutput({
    writeOut: (text) => {
      help += text;
    },
    outputError: (text, write) =>
      write(
        `syscall-gate: ${text.trim().replace(/^error: /, '')}; see --help.\n`.replace('.;', ';'),
      ),
  })
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 passed; 1 regressed, blocked or what --fail-on adds (selftest: not trustworthy); 2 wrong usage; 3 could not measure.',
  );

for (const add of VERBS) add(program);

tolerateClosedReaders();
try {
  await answer();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Runs a verb, or prints the help: commander throws after it has given the help. */
async function answer(): Promise<void> {
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (help === '') throw error;
    await print(help);
  }
}
