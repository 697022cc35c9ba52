import { type ParseEntry, parse } from 'shell-quote';

/** Thrown when a text is refused: one clause that says why and what to write instead. */
export class Refusal extends Error {}

/** What a POSIX shell reads as quoted; a quote character outside of it is not closed. */
const QUOTED = /\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g;

/**
 * Splits a text into words as a POSIX shell does. Only quoting works: there is no shell to expand
 * variables and patterns, or to start pipes.
 *
 * @throws Refusal
 */
export function splitWords(text: string): string[] {
  if (/['"]/.test(text.replace(QUOTED, ''))) throw new Refusal('close the quote that it opens');
  return parseWithoutVariables(text).map((entry) => {
    if (typeof entry === 'string') return entry;
    throw new Refusal(needsShell(entry));
  });
}

/** By itself, shell-quote throws only for a malformed `${…}`, which is a variable too. */
function parseWithoutVariables(text: string): ParseEntry[] {
  try {
    return parse(text, (name): string => {
      throw new Error(name);
    });
  } catch {
    throw new Refusal("variables are not expanded without a shell; write sh -c '…' around it");
  }
}

function needsShell(entry: Exclude<ParseEntry, string>): string {
  if ('comment' in entry) return 'put the word with # in it in quotes';
  if (entry.op !== 'glob') return `'${entry.op}' needs a shell; write sh -c '…' around it`;
  return `patterns are not expanded without a shell; put '${entry.pattern}' in quotes`;
}
