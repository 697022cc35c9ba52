/**
 * The Walsh averages of d₁ … d_n are the n(n+1)/2 means (d_i + d_j)/2 with i ≤ j. The signed-rank
 * statistic for θ counts the averages above θ, and the Hodges-Lehmann estimate is their median. So
 * test, interval and estimate all come from the two functions here (J. W. Tukey, 1949; J. L. Hodges
 * and E. L. Lehmann, Annals of Mathematical Statistics 34, 1963, 598-611).
 */

export const walshCount = (n: number): number => (n * (n + 1)) / 2;

// Halves first: the sum of two finite numbers may overflow. Both orders round to the same result.
export const midpoint = (x: number, y: number): number => x / 2 + y / 2;

export const ascending = (values: readonly number[]): Float64Array =>
  Float64Array.from(values).sort();

/** All Walsh averages in ascending order: n²/2 numbers. */
export function walshAverages(sorted: Float64Array): Float64Array {
  const averages = new Float64Array(walshCount(sorted.length));
  let filled = 0;
  for (const [i, x] of sorted.entries()) {
    for (const y of sorted.subarray(i)) averages[filled++] = midpoint(x, y);
  }
  return averages.sort();
}

/**
 * How many Walsh averages lie strictly above `shift`. Takes time linear in n: as i grows, the first
 * j whose average with i lies above `shift` can only fall.
 */
export function walshAbove(sorted: Float64Array, shift: number): number {
  const n = sorted.length;
  let first = n;
  let count = 0;
  for (let i = 0; i < n; i++) {
    const x = sorted[i] as number;
    while (first > 0 && midpoint(x, sorted[first - 1] as number) > shift) first--;
    count += n - Math.max(i, first);
  }
  return count;
}
