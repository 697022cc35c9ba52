import { Refusal, splitWords } from '../words.js';

/** An image, and the options for the engine's `run`. */
interface ImageAndOptions {
  image: string;
  options: string[];
}

/** Options that would take the container out of the gate's control, and why. */
const REFUSED: readonly { option: RegExp; because: string }[] = [
  {
    option: /^(-d|--detach|-a|--attach)(=|$)/,
    because: 'the gate waits for the container and reads results from its standard output',
  },
  {
    option: /^(-t|--tty|-i|--interactive)(=|$)/,
    because: 'there is no terminal, and one would change the output',
  },
  { option: /^--rm=/, because: 'the gate removes every container when it has ended' },
  {
    option: /^--(rmi|restart)(=|$)/,
    because: 'the image is started many times, each time in a new container',
  },
  { option: /^--(name|cidfile)(=|$)/, because: 'the gate gives every container its own name' },
  { option: /^--entrypoint(=|$)/, because: 'the entry point is the probe' },
  {
    option: /^--pull(=|$)/,
    because:
      'the gate pulls only an image that is not on this machine; to update one, pull it yourself',
  },
];

/** One-letter options without a value, written together as in -it. */
const CLUSTER = /^-[ditPq]{2,}$/;

/** Options that take no value, so that a following word does not belong to them. */
const SWITCH =
  /^(-P|-q|--(rm|init|privileged|read-only|publish-all|oom-kill-disable|no-healthcheck|no-hosts|quiet|env-host|sig-proxy))$/;

/**
 * Reads `IMAGE [engine options]`; words are split and unquoted as a POSIX shell does.
 *
 * @throws Refusal for a text without an image, with an option that the gate itself has to set, or
 *   with a word that belongs to no option
 */
export function splitImage(text: string): ImageAndOptions {
  const [image, ...options] = splitWords(text);
  if (image === undefined || image === '') throw new Refusal('name an image after the colon');
  if (image.startsWith('-')) {
    throw new Refusal(`put the image first and options such as ${image} after it`);
  }
  options.forEach((word, index) => {
    if (word.startsWith('-')) refuse(word);
    else if (!isValue(options[index - 1])) {
      throw new Refusal(`"${word}" belongs to no option, and the container only runs the probe`);
    }
  });
  return { image, options };
}

function refuse(word: string): void {
  const cluster = CLUSTER.test(word) ? [...word.slice(1)].map((letter) => `-${letter}`) : [word];
  for (const option of cluster) {
    const found = REFUSED.find((one) => one.option.test(option));
    if (found) throw new Refusal(`leave ${word} out, because ${found.because}`);
  }
}

/** Whether the next word can be this word's value. */
const isValue = (before = ''): boolean =>
  before.startsWith('-') && !before.includes('=') && !SWITCH.test(before);

/** The values of an option written as `--name value` or `--name=value`, in order. */
export const optionValues = (options: readonly string[], name: string): string[] =>
  options.flatMap((word, index) => {
    if (word.startsWith(`${name}=`)) return [word.slice(name.length + 1)];
    return word === name ? (options[index + 1] ?? []) : [];
  });

/** The value of an option that counts once: the last. */
export const optionValue = (options: readonly string[], name: string): string | undefined =>
  optionValues(options, name).at(-1);
