/** A ratio as a signed percentage, for sentences. */
export const signedPercent = (ratio: number): string => {
  const percent = (ratio - 1) * 100;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 2 : 1)} %`;
};

export const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(2))} %`;
