import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import { Refusal } from '../words.js';

/** What separates paths in a script. */
const BETWEEN = /[\s'"`=:;,()&|<>$]+/;

/** The words of a command line, and the words of the scripts in it. */
const partsOf = (argv: readonly string[]): string[] =>
  argv.flatMap((word) => [word, ...word.split(BETWEEN)]).filter((part) => part !== '');

/**
 * Makes sure that a command runs the same program as the candidate nowhere: both sides would be one, and
 * nothing would ever be called a change.
 *
 * @param top absolute path of the candidate's repository
 * @param folder the baseline's working folder, after it was built
 * @throws Refusal with a clause
 */
export function checkOwnFiles(argv: readonly string[], top: string, folder: string): void {
  const parts = partsOf(argv);
  const fixed = parts.find((part) => isAbsolute(part) && isWithin(part, top));
  if (fixed !== undefined) {
    throw new Refusal(
      `"${fixed.slice(0, 200)}" in it names a file of the candidate by its whole path; ${RELATIVE}`,
    );
  }
  const [program = ''] = argv;
  if (!program.includes('/')) {
    const found = findProgram(program);
    if (found !== undefined && isWithin(found, top)) {
      throw new Refusal(
        `"${program}" is found in PATH at ${found}, which belongs to the candidate; ${RELATIVE}`,
      );
    }
  } else if (!isAbsolute(program)) {
    checkProgram(program, folder);
  }
  const own = parts.some(
    (part) => !isAbsolute(part) && part !== program && isFile(join(folder, part)),
  );
  if (own || (program.includes('/') && !isAbsolute(program))) return;
  throw new Refusal(
    `it names no file of its repository, so both sides would run the same; ${RELATIVE}`,
  );
}

const RELATIVE = 'write a path relative to the working folder';

function checkProgram(program: string, folder: string): void {
  const path = join(folder, program);
  if (!isFile(path)) throw new Refusal(`baseline-setup left no file ${program}`);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Refusal(`the file ${program} that baseline-setup left may not be executed`);
  }
}

function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder || '.', name)).find(isFile);
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** Also through symbolic links. */
function isWithin(path: string, top: string): boolean {
  const real = existsSync(path) ? realpathSync(path) : path;
  return [path, real].some((one) => one === top || one.startsWith(`${top}${sep}`));
}
