/**
 * The one place where text from a machine, a record or an input becomes text for a terminal or for
 * Markdown. All such text is hostile until it has passed through here: a kernel command line may
 * hold escape sequences, and a record from a fork may hold mentions, links and HTML.
 */

/**
 * Everything that moves a cursor, changes colours, or reverses or hides text. ANSI sequences go
 * first (ECMA-48 section 5.4, and OSC strings up to their terminator), then the C0 and C1 controls
 * that are left, invisible and bidirectional format characters (Unicode category Cf), and lone
 * surrogates.
 */
const escapeSequence =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Breaks a word for GitHub's link, mention and reference filters; readers do not see it. */
const BREAK = '\u200b';

/**
 * Makes any text one line of visible characters.
 *
 * @param limit maximum number of characters to keep; a longer text ends in an ellipsis
 */
export function plain(text: string, limit = 300): string {
  // Cut first: a text of megabytes need not be walked, and removing escapes only makes it shorter.
  const bounded = text.slice(0, 20 * limit);
  const visible = bounded.replace(escapeSequence, '').replace(/\s+/g, ' ').replace(invisible, '');
  return clip(visible.trim(), limit);
}

/** @returns at most `limit` characters, the last an ellipsis where something was cut */
export function clip(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  return `${characters.slice(0, Math.max(0, limit - 1)).join('')}…`;
}

/**
 * Prose for Markdown, safe in a paragraph, a list item and a table cell. No markup, HTML, mention,
 * link or issue reference in it takes effect.
 *
 * GitHub's mention, reference and autolink filters read the rendered text. A backslash does not
 * stop them, so the words have to be broken.
 */
export function markdown(text: string, limit = 300): string {
  return plain(text, limit)
    .replace(/@|#(?=\w)|:(?=\/\/)|\bGH(?=-\d)|\bwww(?=\.)/gi, (word) => word + BREAK)
    .replace(/[&<>|]/g, entity)
    .replace(/[\\`*[\]~$]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, (run) => run.replaceAll('_', '\\_'))
    .replace(/^[-+=#]|(?<=^\d+)[.)](?=\s|$)/, '\\$&');
}

/**
 * Inline code, safe in prose and in a table cell; GitHub links nothing inside code. Backticks and
 * pipes need different escapes in these two places. A text that holds one becomes a `code` element
 * instead, whose content is parsed as ordinary Markdown.
 */
export function code(text: string, limit = 300): string {
  const visible = plain(text, limit);
  if (visible === '') return '';
  return /[`|\\]/.test(visible) ? `<code>${markdown(visible, limit)}</code>` : `\`${visible}\``;
}

/** The text of an XML element or attribute. */
export const xml = (text: string, limit = 300): string =>
  plain(text, limit).replace(/[&<>"']/g, entity);

/** One word of a command line for a POSIX shell. */
export function shellWord(text: string): string {
  const visible = plain(text, 4096);
  if (/^[\w@%+=:,./-]+$/.test(visible)) return visible;
  return `'${visible.replaceAll("'", `'\\''`)}'`;
}

/**
 * Breaks a text at spaces into lines of at most `columns` characters; a longer word stays whole.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && [...longer].length > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

const entity = (character: string): string => `&#${character.codePointAt(0) ?? 0xfffd};`;
