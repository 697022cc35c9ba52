import { describe, expect, test } from 'vitest';
import { SCREEN_LEVEL } from '../../../src/stats/assumptions.js';
import { holm } from '../../../src/stats/holm.js';
import { predict } from '../../../src/stats/prediction.js';
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

describe('predict at the margin', () => {
  const prior = { standardDeviation: 0.01, degreesOfFreedom: 5 };
  const trials = 10_000;

  /** Share of alarms at 0.05 when each platform's deviation is what `deviation` gives. */
  const alarms = (candidates: number, stored: number, draw: Noise, deviation: () => number) =>
    share(
      Array.from({ length: trials }, () => {
        const own = deviation();
        const candidate = sample(candidates, () => MARGIN + own * draw());
        const baseline = sample(stored, () => own * draw());
        return predict({ candidate, baseline, margin: MARGIN, prior }, 0.9).slower <= 0.05;
      }),
    );

  test.each([
    [1, 1],
    [1, 3],
    [1, 12],
    [3, 8],
  ])('holds its level under the prior with %i new and %i stored runs', (candidates, stored) => {
    const draw = normal(seededRandom(31));
    const chiSquare = (): number => sample(5, draw).reduce((sum, z) => sum + z * z, 0);
    const deviation = (): number => 0.01 * Math.sqrt(5 / chiSquare());
    const level = alarms(candidates, stored, draw, deviation);
    expect(level).toBeLessThanOrEqual(bound(0.055, trials));
    expect(level).toBeGreaterThan(0.035);
  });

  test('cries wolf less and less as a platform louder than the prior stores runs', () => {
    const draw = normal(seededRandom(32));
    const twice = [1, 10, 40].map((stored) => alarms(1, stored, draw, () => 0.02));
    expect(twice).toEqual([...twice].sort((x, y) => y - x));
    expect(twice[0]).toBeLessThan(0.2);
    expect(twice[2]).toBeLessThan(0.07);
  });
});
