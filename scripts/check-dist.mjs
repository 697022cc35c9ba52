// Fails if dist/ is not what the sources build. Users run dist/, but reviewers read the sources.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const fresh = mkdtempSync(join(tmpdir(), 'syscall-gate-dist-'));
try {
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs'), fresh], { stdio: 'inherit' });
  execFileSync('diff', ['--recursive', '--brief', join(root, 'dist'), fresh], { stdio: 'inherit' });
  console.log('dist/ is what the sources build.');
} catch (error) {
  console.error(`dist/ is stale: run "npm run build" and commit it. (${error.message})`);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
