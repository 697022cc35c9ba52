// Makes the picture of a comment in README.md: Markdown in GitHub's layout.
//
//   node scripts/picture.mjs COMMENT.md docs/comment.png
//
// It needs Chromium: the program in CHROMIUM, or one with a usual name.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { marked } from 'marked';

const WIDTH = 860;
/** Pixels of the picture per pixel of the page. README shrinks it, and text must stay readable. */
const SCALE = 1.5;
/** High enough for any comment. The picture is then cut to the height that the page reports. */
const ANY_HEIGHT = 4000;

const [from, to] = process.argv.slice(2);
if (to === undefined) {
  console.error('usage: node scripts/picture.mjs COMMENT.md PICTURE.png');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'syscall-gate-picture-'));
try {
  const page = join(folder, 'comment.html');
  writeFileSync(page, pageOf(readFileSync(from, 'utf8')));
  const [, height] = /data-height="(\d+)"/.exec(browse(page, '--dump-dom', ANY_HEIGHT)) ?? [];
  if (height === undefined) throw new Error('the browser did not tell how high the page is');
  browse(page, `--screenshot=${resolve(to)}`, height);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pageOf(markdown) {
  const css = createRequire(import.meta.url).resolve(
    'github-markdown-css/github-markdown-light.css',
  );
  return `<!doctype html>
<meta charset="utf-8">
<style>${readFileSync(css, 'utf8')}</style>
<style>
  body { margin: 0; padding: 12px; background: #fff; }
  .comment { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
  .author { padding: 8px 16px; border-bottom: 1px solid #d1d9e0; background: #f6f8fa;
    color: #59636e; font: 14px sans-serif; }
  .author b { color: #1f2328; }
  .markdown-body { padding: 16px; font-size: 14px; }
</style>
<div class="comment">
  <div class="author"><b>github-actions</b> bot commented</div>
  <div class="markdown-body">${marked.parse(markdown, { gfm: true })}</div>
</div>
<script>document.body.dataset.height = Math.ceil(document.documentElement.getBoundingClientRect().height);</script>
`;
}

/** Uses no network, and leaves no profile behind. */
function browse(page, action, height) {
  const quiet = [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...['--hide-scrollbars', `--user-data-dir=${join(folder, 'profile')}`],
  ];
  const size = [`--window-size=${WIDTH},${height}`, `--force-device-scale-factor=${SCALE}`];
  return execFileSync(browser(), [...quiet, ...size, action, pathToFileURL(page).href], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function browser() {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'];
  const found = names.filter(Boolean).find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined)
    throw new Error('no Chromium found: install one, or name it in CHROMIUM');
  return found;
}
