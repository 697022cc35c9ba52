// Builds dist/: both bundles, the native sources and the N-API headers. dist/ is committed, because
// the action runs from it without an install. `npm run check:dist` checks that it is up to date.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const out = process.argv[2] ?? join(root, 'dist');
const run = (program, ...args) =>
  execFileSync(join(root, 'node_modules', '.bin', program), args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });

rmSync(join(root, 'lib'), { recursive: true, force: true });
run('tsc', '--project', 'tsconfig.json');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const entry of ['main', 'cli']) bundle(entry);
writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');

cpSync(join(root, 'native'), join(out, 'native'), { recursive: true });
const { NAPI_HEADERS } = await import(join(root, 'lib', 'build', 'sources.js'));
for (const header of NAPI_HEADERS) {
  cpSync(join(root, 'node_modules', header), join(out, 'native', 'include', basename(header)));
}

/** ncc names its output index.js. Lazily loaded chunks keep the names that the bundle asks for. */
function bundle(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'syscall-gate-build-'));
  try {
    run('ncc', 'build', `lib/${entry}.js`, '--out', folder, '--quiet');
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
      cpSync(join(folder, name), join(out, name === 'index.js' ? `${entry}.js` : name));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
