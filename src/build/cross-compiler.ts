import { measurementFailure } from '../failure.js';
import { ARCHITECTURE_NAMES, type Architecture, hostArchitecture } from '../probe/architecture.js';
import { type Compiler, machineOf, type Remedy, tryCompiler } from './compiler.js';

interface Toolchain {
  /** Prefixes of compilers: those of distributions first, then those of others. */
  triplets: readonly [string, ...string[]];
  /** Packages of Debian and Ubuntu. */
  packages: string;
}

const TOOLCHAINS: Readonly<Record<Architecture, Toolchain>> = {
  x86_64: {
    triplets: ['x86_64-linux-gnu', 'x86_64-unknown-linux-gnu', 'x86_64-linux-musl'],
    packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross',
  },
  aarch64: {
    triplets: [
      ...(['aarch64-linux-gnu', 'aarch64-unknown-linux-gnu'] as const),
      ...['aarch64-none-linux-gnu', 'aarch64-linux-musl'],
    ],
    packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
  },
};

/**
 * Finds a C compiler for another architecture. First the one that a variable such as
 * CC_aarch64_linux_gnu names (with any of the triplets, as in Rust's cc crate). Then that of
 * CROSS_COMPILE, as in kernel builds, if it is for that architecture. Then the first of the usual
 * names that is installed.
 *
 * @throws Failure of kind `measurement` that says what to install
 */
export async function findCrossCompiler(architecture: Architecture): Promise<Compiler> {
  const { triplets } = TOOLCHAINS[architecture];
  for (const variable of triplets.map(variableOf)) {
    const named = process.env[variable]?.trim();
    if (named) return namedCompiler(named, variable, architecture);
  }
  const prefix = process.env['CROSS_COMPILE']?.trim();
  const programs = [...(prefix ? [`${prefix}gcc`] : []), ...triplets.map((one) => `${one}-gcc`)];
  for (const program of programs) {
    const compiler = await tryCompiler(program.split(/\s+/), remedyFor(architecture));
    if (compiler && (await compilesFor(compiler, architecture))) return compiler;
  }
  throw measurementFailure(
    `${needed(architecture)}, and no compiler for that was found (tried ${programs.join(', ')}): ${remedyText(architecture)}.`,
  );
}

const variableOf = (triplet: string): string => `CC_${triplet.replaceAll('-', '_')}`;

async function namedCompiler(
  named: string,
  variable: string,
  architecture: Architecture,
): Promise<Compiler> {
  const compiler = await tryCompiler(named.split(/\s+/), remedyFor(architecture));
  if (compiler && (await compilesFor(compiler, architecture))) return compiler;
  const what = compiler ? `is for ${(await machineOf(compiler)) || 'another'}` : 'does not run';
  throw measurementFailure(
    `${needed(architecture)}, and the compiler "${named}" that ${variable} names ${what}: ${remedyText(architecture)}.`,
  );
}

function needed(architecture: Architecture): string {
  const here = hostArchitecture();
  const machine = here === undefined ? process.arch : ARCHITECTURE_NAMES[here];
  const other = ARCHITECTURE_NAMES[architecture];
  return `A kernel for ${other} runs a probe for ${other}, which has to be cross-compiled on this machine (${machine})`;
}

function remedyText(architecture: Architecture): string {
  const { install, variables } = remedyFor(architecture);
  return `install one with ${install}, or name one in ${variables}`;
}

function remedyFor(architecture: Architecture): Remedy {
  const { packages, triplets } = TOOLCHAINS[architecture];
  const install = `apt-get install ${packages}`;
  return { install, installLibc: install, variables: variableOf(triplets[0]) };
}

async function compilesFor(compiler: Compiler, architecture: Architecture): Promise<boolean> {
  const [machine = ''] = (await machineOf(compiler)).split('-', 1);
  return ALIASES[architecture].includes(machine);
}

/** Names in compilers' triplets. aarch64_be and the like are other architectures. */
const ALIASES: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['x86_64', 'amd64'],
  aarch64: ['aarch64', 'arm64'],
};
