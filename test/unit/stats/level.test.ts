import { describe, expect, test } from 'vitest';
import { SCREEN_LEVEL } from '../../../src/stats/assumptions.js';
import { holm } from '../../../src/stats/holm.js';
import { type Random, seededRandom } from '../../../src/stats/random.js';
import { signedRankTest } from '../../../src/stats/signed-rank.js';
import { contaminated, laplace, type Noise, normal, sample } from '../../fixtures/noise.js';

/**
 * Error levels by simulation, seeded and therefore the same everywhere. The bounds are the nominal
 * level plus three standard errors of a share at that level.
 */
const bound = (level: number, trials: number): number =>
  level + 3 * Math.sqrt((level * (1 - level)) / trials);

const MARGIN = Math.log(1.02);
const NOISES: Array<[string, (random: Random) => Noise]> = [
  ['normal', normal],
  ['Laplace', laplace],
  ['contaminated', contaminated],
];

/** Tests of metrics that all sit exactly on the margin: the worst unchanged case. */
const onTheMargin = (metrics: number, pairs: number, draw: Noise): number[] =>
  sample(metrics, () => 0).map(
    () =>
      signedRankTest(
        sample(pairs, () => MARGIN + draw()),
        MARGIN,
      ).greater,
  );

const confirmed = (metrics: number, pairs: number, draw: Noise): number[] =>
  holm(onTheMargin(metrics, pairs, draw));

const share = (outcomes: readonly boolean[]): number =>
  outcomes.filter(Boolean).length / outcomes.length;

describe.each(NOISES)('with every metric on the margin, under %s noise', (_name, noise) => {
  const alpha = 0.05;
  const metrics = 10;

  test.each([12, 30, 60])('the screen holds its level for each metric at %i pairs', (pairs) => {
    const draw = noise(seededRandom(21));
    const alarms = onTheMargin(4000, pairs, draw).map((p) => p <= SCREEN_LEVEL);
    expect(share(alarms)).toBeLessThanOrEqual(bound(SCREEN_LEVEL, 4000));
    expect(share(alarms)).toBeGreaterThan(SCREEN_LEVEL / 2);
  });

  test('the confirmation holds alpha even when the screen lets everything through', () => {
    const draw = noise(seededRandom(22));
    const alarms = sample(1000, () => Math.min(...confirmed(metrics, 12, draw))).map(
      (p) => p <= alpha,
    );
    expect(share(alarms)).toBeLessThanOrEqual(bound(alpha, 1000));
  });

  test('screen and confirmation together stay under alpha', () => {
    const draw = noise(seededRandom(23));
    const gateAlarms = (): boolean => {
      const flagged = onTheMargin(metrics, 12, draw).filter((p) => p <= SCREEN_LEVEL);
      return confirmed(flagged.length, 12, draw).some((p) => p <= alpha);
    };
    const alarms = Array.from({ length: 1000 }, gateAlarms);
    expect(share(alarms)).toBeLessThanOrEqual(bound(alpha, 1000));
  });
});
