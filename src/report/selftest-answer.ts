import { binomialDistribution, sum } from 'simple-statistics';
import type { Injected, Selftest } from '../record/selftest.js';
import { formatNsDifference, formatRatio } from '../text/units.js';

type Found = Pick<Selftest, 'alarms' | 'injections' | 'gateMs'>;
type Answer = Pick<Selftest, 'trusted' | 'answer'>;

/** Whether this gate can be trusted here, in one sentence: why, or why not and what to do. */
export function answerOf(found: Found): Answer {
  const injections = found.injections.filter((one) => one.status === 'ok');
  const doubt = alarmed(found) ?? notInjected(found, injections) ?? missed(found, injections);
  if (doubt === undefined) return { trusted: true, answer: trusting(injections) };
  return { trusted: false, answer: `This gate cannot be trusted here, because ${doubt}.` };
}

/** What follows `because`: the reason, and what to do. */
type Doubt = string | undefined;

function alarmed({ alarms }: Found): Doubt {
  if (alarms.length === 0) return undefined;
  return `comparing the machine with itself reported a change in ${alarms.join(', ')}: run this again; if it happens again, use a quieter machine or a larger --margin`;
}

function notInjected({ injections }: Found, ok: readonly Injected[]): Doubt {
  if (ok.length > 0) return undefined;
  const [reason] = injections.flatMap((one) => (one.status === 'unavailable' ? [one.reason] : []));
  return `no regression could be injected, so nothing shows that one would be caught (${reason}): run this where a process may install a seccomp filter or use syscall user dispatch, such as outside the sandbox on the same machine`;
}

function missed({ gateMs }: Found, injections: readonly Injected[]): Doubt {
  const strongest = injections.at(-1);
  const quiet = injections.filter((one) => one.caught.length === 0);
  const [broken] = quiet.filter(({ promised }) => promised.length > 0);
  if (broken) {
    return `${sizeText(broken)} was not caught in ${secondsText(gateMs)}, although the noise of ${broken.promised[0]} is low enough to catch it: run this again with a longer --duration, on a quieter machine`;
  }
  const short = injections.find(isShort);
  if (short) return shortfall(short, gateMs);
  if (strongest === undefined || !quiet.includes(strongest)) return undefined;
  return strongest.slowed.length === 0
    ? `${sizeText(strongest)} is smaller than the margin of every measured metric: choose cheaper operations, such as --metrics 'syscall.*', or a smaller --margin`
    : `${secondsText(gateMs)} were not enough to catch ${sizeText(strongest)}: give a longer --duration, or fewer --metrics`;
}

/** An MDE80 promises to catch a larger change four times in five. */
const PROMISED_SHARE = 0.8;

/**
 * A smaller share than promised is chance, unless it would be this rare if metrics were independent.
 * They share launches, so it is rarer than a false answer should be.
 */
const CHANCE = 0.01;

const caughtOf = ({ promised, caught }: Injected): string[] =>
  promised.filter((id) => caught.includes(id));

/** Whether it caught fewer of the promised metrics than chance explains. */
function isShort(one: Injected): boolean {
  const [caught, promised] = [caughtOf(one).length, one.promised.length];
  if (promised === 0 || caught >= PROMISED_SHARE * promised) return false;
  const probabilities = binomialDistribution(promised, PROMISED_SHARE) ?? [];
  return sum(probabilities.slice(0, caught + 1)) < CHANCE;
}

/** A sentence names this many metrics. */
const MAX_NAMED = 4;

function shortfall(one: Injected, gateMs: number): Doubt {
  const caught = caughtOf(one);
  const missing = one.promised.filter((id) => !caught.includes(id));
  const rest = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : '';
  return `of the ${one.promised.length} metrics in which ${sizeText(one)} should be caught four times in five, it caught only ${caught.length} in ${secondsText(gateMs)} (not ${missing.slice(0, MAX_NAMED).join(', ')}${rest}): give a longer --duration, or fewer --metrics`;
}

function trusting(injections: readonly Injected[]): string {
  const caught = injections.filter((one) => one.caught.length > 0);
  const sizes = caught.map((one, index) => {
    const size =
      index === 0 ? sizeText(one) : `${formatNsDifference(one.addedNs)} (${shareText(one)})`;
    return one.first === null ? size : `${size} in ${timeText(one.first)}`;
  });
  return `This gate can be trusted here: identical sides raised no alarm, and it caught ${sizes.join(' and ')}.`;
}

/** `+40.1 ns on every kernel entry (+24.5 % of a null call)` */
const sizeText = (one: Injected): string =>
  `${formatNsDifference(one.addedNs)} on every kernel entry (${shareText(one)} of a null call)`;

/** The share of a null call, signed. */
export const shareText = ({ share }: Injected): string => formatRatio(1 + share);

/** Measuring time until the regression was first caught. */
export const timeText = ({ screenMs, confirmMs }: NonNullable<Injected['first']>): string =>
  secondsText(screenMs + confirmMs);

export const secondsText = (ms: number): string => `${Number((ms / 1000).toPrecision(2))} s`;
