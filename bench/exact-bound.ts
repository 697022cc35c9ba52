import jstat from 'jstat';

/**
 * Upper end of the one-sided Clopper-Pearson interval of a share. With a larger true share, so few
 * events would be less likely than 1 − confidence (C. J. Clopper and E. S. Pearson, Biometrika 26,
 * 1934, 404-413).
 *
 * @param events of `trials`
 */
export function clopperPearsonUpper(events: number, trials: number, confidence = 0.95): number {
  if (events >= trials) return 1;
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    // I_p(k + 1, n − k) is the probability of more than k events.
    if (jstat.ibeta(middle, events + 1, trials - events) > confidence) high = middle;
    else low = middle;
  }
  return high;
}
