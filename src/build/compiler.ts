import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { measurementFailure } from '../failure.js';

/** What to do if a compiler fails, as parts of sentences. */
export interface Remedy {
  /** Commands that install such a compiler and all that it needs. */
  install: string;
  /** Commands that install only the static C library. */
  installLibc: string;
  /** The variables that name another compiler. */
  variables: string;
}

const NATIVE: Remedy = {
  install:
    'apt-get install build-essential, dnf install gcc gcc-c++ glibc-static, or apk add build-base linux-headers',
  installLibc: 'dnf install glibc-static, or as part of apt-get install build-essential',
  variables: 'CC and CXX',
};
const MAX_QUOTE_LENGTH = 300;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** A compiler that runs here. */
export interface Compiler {
  /** The program, and the words after it in CC or CXX. */
  command: readonly string[];
  /** The first line that it prints for --version. */
  version: string;
  remedy: Remedy;
}

interface Language {
  name: string;
  variable: 'CC' | 'CXX';
  programs: readonly string[];
}

const C: Language = { name: 'C', variable: 'CC', programs: ['cc', 'gcc', 'clang'] };
const CXX: Language = { name: 'C++', variable: 'CXX', programs: ['c++', 'g++', 'clang++'] };

/**
 * Finds the compilers: those that CC and CXX name, else the first ones that are installed.
 *
 * @throws Failure of kind `measurement` that says what to install
 */
export async function findCompilers(): Promise<{ c: Compiler; cxx: Compiler }> {
  const [c, cxx] = await Promise.all([findCompiler(C), findCompiler(CXX)]);
  return { c, cxx };
}

async function findCompiler(language: Language): Promise<Compiler> {
  const named = process.env[language.variable]?.trim();
  const candidates = named ? [named.split(/\s+/)] : language.programs.map((program) => [program]);
  for (const command of candidates) {
    const compiler = await tryCompiler(command, NATIVE);
    if (compiler !== undefined) return compiler;
  }
  throw measurementFailure(
    named
      ? `The ${language.name} compiler "${named}" that ${language.variable} names does not run: install it, or unset ${language.variable}.`
      : `No ${language.name} compiler was found (tried ${language.programs.join(', ')}): install one with ${NATIVE.install}.`,
  );
}

/** @returns undefined if it does not run */
export async function tryCompiler(
  command: readonly string[],
  remedy: Remedy,
): Promise<Compiler | undefined> {
  try {
    const version = await run(command, ['--version']);
    return { command, version: version.split('\n', 1)[0] ?? '', remedy };
  } catch {
    return undefined;
  }
}

/** The triplet that it compiles for, in its own words; empty if it does not say. */
export async function machineOf({ command }: Compiler): Promise<string> {
  try {
    return (await run(command, ['-dumpmachine'])).trim();
  } catch {
    return '';
  }
}

interface Compilation {
  /** What is compiled or linked, for the sentence of a failure. */
  what: string;
  /** Folder for the compiler's own temporary files. */
  temporary: string;
  signal: AbortSignal | undefined;
}

/**
 * Runs a compiler.
 *
 * @throws Failure of kind `measurement` with the compiler's first error line; the signal's reason
 *   if it was aborted
 */
export async function compile(
  compiler: Compiler,
  options: readonly string[],
  { what, temporary, signal }: Compilation,
): Promise<void> {
  signal?.throwIfAborted();
  try {
    await run(compiler.command, options, { signal, variables: { TMPDIR: temporary } });
  } catch (error) {
    signal?.throwIfAborted();
    throw measurementFailure(diagnose(compiler, what, error), error);
  }
}

async function run(
  command: readonly string[],
  options: readonly string[],
  { signal, variables }: { signal?: AbortSignal | undefined; variables?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const [program = '', ...words] = command;
  // In English, because diagnose() reads what the compiler says.
  const env = { ...process.env, LC_ALL: 'C', ...variables };
  const settings = { env, maxBuffer: MAX_OUTPUT_BYTES, ...(signal ? { signal } : {}) };
  const { stdout } = await promisify(execFile)(program, [...words, ...options], settings);
  return stdout;
}

function diagnose(compiler: Compiler, what: string, error: unknown): string {
  const said = String((error as { stderr?: unknown }).stderr ?? '');
  const program = compiler.command.join(' ');
  const { install, installLibc, variables } = compiler.remedy;
  // The messages of ld, gold, lld and mold.
  if (/(cannot find|unable to find library|library not found:) -?l?c\b/.test(said)) {
    return `Linking ${what} with ${program} failed, because there is no static C library: install it with ${installLibc}.`;
  }
  const missing = /fatal error: '?([^':]+)'?(?:: No such file or directory| file not found)/.exec(
    said,
  );
  if (missing !== null) {
    return `Compiling ${what} with ${program} failed, because the header ${missing[1]} is missing: install it with ${install}.`;
  }
  const complaint = firstError(said) || (error instanceof Error ? error.message : String(error));
  return `Compiling ${what} with ${program} failed (${complaint.slice(0, MAX_QUOTE_LENGTH)}): install a current compiler with ${install}, or name another in ${variables}.`;
}

function firstError(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  return lines.find((line) => /\berror\b/i.test(line)) ?? lines.find((line) => line !== '') ?? '';
}
