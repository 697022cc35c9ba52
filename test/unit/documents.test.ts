import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { marked, type Tokens } from 'marked';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const pages = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));
const documents = ['README.md', 'CONTRIBUTING.md', ...pages];
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Links and pictures of a page that lead to files of this repository. */
function linksOf(page: string): { path: string; anchor: string }[] {
  const hrefs: string[] = [];
  marked.walkTokens(marked.lexer(read(page)), (token) => {
    if (token.type === 'link' || token.type === 'image') hrefs.push(token.href);
  });
  return hrefs
    .filter((href) => !/^[a-z]+:/.test(href))
    .map((href) => {
      const [path = '', anchor = ''] = href.split('#');
      return { path: path === '' ? page : join(dirname(page), path), anchor };
    });
}

const headingsOf = (page: string): Tokens.Heading[] =>
  marked.lexer(read(page)).filter((token): token is Tokens.Heading => token.type === 'heading');

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (page: string): string[] =>
  headingsOf(page).map(({ text }) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Files and folders of this repository that a page names in code, such as `src/cli.ts`. */
function pathsIn(page: string): string[] {
  const words = read(page).matchAll(/(?<=`|\s)(?:src|native|test|bench|scripts|schema)\/[\w./-]+/g);
  return [...words].map(([word]) => word.replace(/[.,]+$/, ''));
}

describe.each(documents)('%s', (page) => {
  test('names only files that are there', () => {
    expect(pathsIn(page).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('links only to files and headings that are there', () => {
    const broken = linksOf(page).filter(
      ({ path, anchor }) =>
        !existsSync(join(root, path)) || (anchor !== '' && !anchorsOf(path).includes(anchor)),
    );
    expect(broken).toEqual([]);
  });

  test('has one title, and it comes first', () => {
    const depths = headingsOf(page).map(({ depth }) => depth);
    expect(depths.filter((depth) => depth === 1)).toHaveLength(1);
    expect(depths[0]).toBe(1);
  });
});

test('README.md leads to the index, and the index to every page', () => {
  expect(linksOf('README.md').map(({ path }) => path)).toContain('docs/README.md');
  const listed = linksOf('docs/README.md').map(({ path }) => path);
  expect(pages.filter((page) => page !== 'docs/README.md' && !listed.includes(page))).toEqual([]);
});

test('README.md stays short, and names both commands', () => {
  const text = read('README.md');
  expect(text.split(/\s+/).filter((word) => word !== '').length).toBeLessThan(2000);
  expect(text).toContain('| `npm start` |');
  expect(text).toContain('| `npm cit` |');
});
