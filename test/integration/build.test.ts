import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Build, buildProbe, readCatalogue } from '../../src/build/build.js';
import { loadAddon } from '../../src/build/native.js';
import { ADDON_FLAGS, NAPI_HEADERS, nativeSources } from '../../src/build/sources.js';

let folder: string;
let cacheDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-'));
  cacheDir = join(folder, 'cache');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A compiler that answers --version and otherwise does what the script says. */
async function useCompiler(script: string): Promise<void> {
  const path = await program('fakecc', `[ "$1" = --version ] && echo fake 1.0 && exit\n${script}`);
  vi.stubEnv('CC', path);
  vi.stubEnv('CXX', path);
}

/** Makes its output, the last word, in no time. */
const TOUCH = 'for last; do :; done; echo built > "$last"';

const failure = (message: RegExp) => ({
  kind: 'measurement',
  message: expect.stringMatching(message),
});

describe('buildProbe', () => {
  it('compiles a static probe and an addon that load, and the next time finds them', async () => {
    const cold = await buildProbe({ cacheDir });
    expect(cold.cached).toBe(false);
    accessSync(cold.probe, constants.X_OK);
    expect(readdirSync(join(cacheDir, readdirSync(cacheDir)[0] ?? '')).sort()).toEqual([
      'addon.node',
      'probe',
    ]);
    expect((await readCatalogue(cold.probe)).metrics.length).toBeGreaterThan(0);
    const launched = await loadAddon(cold.addon).launch({
      ...{ argv: [cold.probe, '--list'], env: {}, cpu: -1, deadlineMs: 60_000, results: 'stdout' },
    });
    expect(launched.exitCode).toBe(0);
    expect(await buildProbe({ cacheDir })).toMatchObject({
      ...{ probe: cold.probe, addon: cold.addon, compiler: cold.compiler, cached: true },
    });
  });

  it('is told by content: another compiler is another build', async () => {
    await useCompiler(TOUCH);
    const first = await buildProbe({ cacheDir });
    vi.stubEnv(
      'CC',
      await program('othercc', `[ "$1" = --version ] && echo fake 1.1 && exit\n${TOUCH}`),
    );
    const second = await buildProbe({ cacheDir });
    expect(second.cached).toBe(false);
    expect(second.probe).not.toBe(first.probe);
  });

  it('lets concurrent builds publish one whole result', async () => {
    await useCompiler(TOUCH);
    const builds = await Promise.all(Array.from({ length: 5 }, () => buildProbe({ cacheDir })));
    expect(new Set(builds.map(({ probe }) => probe)).size).toBe(1);
    expect(readdirSync(cacheDir)).toHaveLength(1);
    accessSync(builds[0]?.addon ?? '');
  });

  it('builds again when somebody removed a part', async () => {
    await useCompiler(TOUCH);
    const { addon } = await buildProbe({ cacheDir });
    await rm(addon);
    expect(await buildProbe({ cacheDir })).toMatchObject({ addon, cached: false });
    accessSync(addon);
  });

  it('reports each step', async () => {
    await useCompiler(TOUCH);
    const steps: string[] = [];
    const ignore = () => {};
    await buildProbe({
      cacheDir,
      progress: {
        ...{ phase: ignore, note: ignore, warn: ignore, end: ignore },
        step: (done, total, detail) => steps.push(`${done}/${total} ${detail}`),
      },
    });
    const sources = await nativeSources();
    const total = sources.probe.length + sources.addon.length;
    expect(steps).toHaveLength(total);
    expect(steps.at(-1)).toMatch(new RegExp(`^${total}/${total} .*\\.(c|cc)$`));
  });
});

describe('a build that cannot be made', () => {
  it('names the packages when there is no C compiler', async () => {
    vi.stubEnv('CC', undefined);
    vi.stubEnv('PATH', folder);
    await expect(buildProbe({ cacheDir })).rejects.toMatchObject(
      failure(/^No C compiler was found .*apt-get install build-essential/),
    );
  });

  it('names the packages when there is no C++ compiler', async () => {
    vi.stubEnv('CXX', undefined);
    vi.stubEnv('PATH', folder);
    vi.stubEnv('CC', '/usr/bin/cc');
    await expect(buildProbe({ cacheDir })).rejects.toMatchObject(
      failure(/^No C\+\+ compiler was found .*dnf install gcc gcc-c\+\+/),
    );
  });

  it('names the variable when that names no compiler', async () => {
    vi.stubEnv('CC', 'nocc -m64');
    await expect(buildProbe({ cacheDir })).rejects.toMatchObject(
      failure(/^The C compiler "nocc -m64" that CC names does not run/),
    );
  });

  it.each([
    [
      '/usr/bin/ld: cannot find -lc: No such file or directory',
      /no static C library: .*glibc-static/,
    ],
    [
      'base/filter.c:3:10: fatal error: linux/filter.h: No such file or directory',
      /the header linux\/filter\.h is missing: .*linux-headers/,
    ],
    [
      "base/clock.c: In function 'f':\nbase/clock.c:7:1: error: unknown type 'u'\nmore: error: x",
      /^Compiling \S+ with \S+ failed \(base\/clock\.c:7:1: error: unknown type 'u'\): /,
    ],
  ])('passes on what the compiler says first: %s', async (said, message) => {
    await useCompiler(`cat >&2 <<'END'\n${said}\nEND\nexit 1`);
    await expect(buildProbe({ cacheDir })).rejects.toMatchObject(failure(message));
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it('says so when the cache folder cannot be written', async () => {
    await useCompiler(TOUCH);
    // Even root cannot make a folder there.
    await expect(buildProbe({ cacheDir: '/dev/null/cache' })).rejects.toMatchObject(
      failure(/no cache folder can be written \(\/dev\/null\/cache\): set XDG_CACHE_HOME/),
    );
  });

  it('is a usage error on another system than Linux', async () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
    await expect(buildProbe({ cacheDir })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/Linux kernel and this is darwin/),
    });
  });
});

describe('where a build is kept', () => {
  const buildWith = async (variables: Record<string, string>): Promise<Build> => {
    await useCompiler(TOUCH);
    const nowhere = { RUNNER_TEMP: '', XDG_CACHE_HOME: '/dev/null/no' };
    for (const [name, value] of Object.entries({ ...nowhere, ...variables })) {
      vi.stubEnv(name, value);
    }
    return buildProbe();
  };

  it("is the runner's temporary folder inside a workflow, which no other job can have filled", async () => {
    const { probe } = await buildWith({ RUNNER_TEMP: cacheDir, XDG_CACHE_HOME: folder });
    expect(probe).toMatch(new RegExp(`^${cacheDir}/syscall-gate/`));
  });

  it("is the user's cache folder elsewhere", async () => {
    const { probe } = await buildWith({ XDG_CACHE_HOME: cacheDir });
    expect(probe).toMatch(new RegExp(`^${cacheDir}/syscall-gate/`));
  });

  it("is the user's own folder among the temporary ones when neither can be written", async () => {
    const { probe } = await buildWith({ TMPDIR: folder });
    const kept = join(folder, `syscall-gate-${process.getuid?.()}`);
    expect(probe.startsWith(kept)).toBe(true);
    expect(statSync(kept).mode & 0o022).toBe(0);
  });

  it('is never a temporary folder that others could have filled', async () => {
    const kept = join(folder, `syscall-gate-${process.getuid?.()}`);
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), kept);
    await expect(buildWith({ TMPDIR: folder })).rejects.toMatchObject(
      failure(/no cache folder can be written/),
    );
  });
});

describe('NAPI_HEADERS', () => {
  it('are exactly the headers of the two packages that the addon includes', async () => {
    const { addon, includes } = await nativeSources();
    const folders = includes.flatMap((path) => ['-isystem', path]);
    const command = [...ADDON_FLAGS, ...folders, '-M', addon[0] ?? ''];
    const included = execFileSync('c++', command, { encoding: 'utf8' }).split(/[\s\\]+/);
    const fromPackages = included.filter((path) =>
      includes.some((include) => path.startsWith(include)),
    );
    const names = new Set(fromPackages.map((path) => basename(path)));
    expect([...names].sort()).toEqual(NAPI_HEADERS.map((path) => basename(path)).sort());
  });
});
