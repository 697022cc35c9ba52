import { Refusal, splitWords } from '../words.js';

/** An image and what the engine's `run` is given beside it. */
export interface ImageAndOptions {
  image: string;
  options: string[];
}

/** Options that would take the container out of the gate's hands, and why. */
const REFUSED: readonly { option: RegExp; because: string }[] = [
  {
    option: /^(-d|--detach|-a|--attach)(=|$)/,
    because: 'results are read from the standard output of a container that is waited for',
  },
  {
    option: /^(-t|--tty|-i|--interactive)(=|$)/,
    because: 'nobody is there to type, and a terminal changes what is printed',
  },
  { option: /^--rm=/, because: 'every container is removed when it has ended' },
  { option: /^--(rmi|restart)(=|$)/, because: 'the image is started many times, once each' },
  { option: /^--(name|cidfile)(=|$)/, because: 'every start needs a name of its own' },
  { option: /^--entrypoint(=|$)/, because: 'the probe is what is run' },
  {
    option: /^--pull(=|$)/,
    because: 'an image is pulled once, before measuring, when it is not here: pull it yourself',
  },
];

/** One-letter options without a value that are written together, as in -it. */
const CLUSTER = /^-[ditPq]{2,}$/;

/** Options that take no value, so that a word after them is not theirs. */
const SWITCH =
  /^(-P|-q|--(rm|init|privileged|read-only|publish-all|oom-kill-disable|no-healthcheck|no-hosts|quiet|env-host|sig-proxy))$/;

/**
 * Reads `IMAGE [engine options]`; words are split and unquoted as by a POSIX shell.
 *
 * @throws Refusal for a text without an image, with an option that the gate itself has to set, or
 *   with a word that is no option's
 */
export function splitImage(text: string): ImageAndOptions {
  const [image, ...options] = splitWords(text);
  if (image === undefined || image === '') throw new Refusal('name an image after the colon');
  if (image.startsWith('-')) {
    throw new Refusal(`the image comes first, and then its options, such as ${image}`);
  }
  options.forEach((word, index) => {
    if (word.startsWith('-')) refuse(word);
    else if (!isValue(options[index - 1])) {
      throw new Refusal(
        `"${word}" belongs to no option, and the container runs nothing but the probe`,
      );
    }
  });
  return { image, options };
}

function refuse(word: string): void {
  const cluster = CLUSTER.test(word) ? [...word.slice(1)].map((letter) => `-${letter}`) : [word];
  for (const option of cluster) {
    const found = REFUSED.find((one) => one.option.test(option));
    if (found) throw new Refusal(`leave ${word} out, since ${found.because}`);
  }
}

/** Whether the word after this one can be its value. */
const isValue = (before = ''): boolean =>
  before.startsWith('-') && !before.includes('=') && !SWITCH.test(before);

/** The values of an option that is written `--name value` or `--name=value`, in order. */
export const optionValues = (options: readonly string[], name: string): string[] =>
  options.flatMap((word, index) => {
    if (word.startsWith(`${name}=`)) return [word.slice(name.length + 1)];
    return word === name ? (options[index + 1] ?? []) : [];
  });

/** The value that counts of an option that is taken once: the last. */
export const optionValue = (options: readonly string[], name: string): string | undefined =>
  optionValues(options, name).at(-1);
