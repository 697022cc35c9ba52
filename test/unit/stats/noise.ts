import type { Random } from '../../../src/stats/random.js';

/** One draw of noise around 0; the scale is about one standard deviation of the bulk. */
export type Noise = () => number;

/** G. E. P. Box and M. E. Muller, Annals of Mathematical Statistics 29 (1958), 610-611. */
export const normal =
  (random: Random): Noise =>
  () =>
    Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());

export const laplace =
  (random: Random): Noise =>
  () => {
    const u = random.unit() - 0.5;
    return (-Math.sign(u) * Math.log(1 - 2 * Math.abs(u))) / Math.SQRT2;
  };

/** One draw in ten is five times as wide (J. W. Tukey's contaminated normal, 1960). */
export const contaminated = (random: Random): Noise => {
  const draw = normal(random);
  return () => draw() * (random.unit() < 0.1 ? 5 : 1);
};

export const sample = (count: number, draw: () => number): number[] =>
  Array.from({ length: count }, draw);
