/** The part of jStat 1.9 that is used here. The package ships no types. */
declare module 'jstat' {
  const jstat: {
    /** Regularised incomplete beta function I_x(a, b). */
    ibeta(x: number, a: number, b: number): number;
    normal: {
      cdf(x: number, mean: number, standardDeviation: number): number;
      inv(p: number, mean: number, standardDeviation: number): number;
    };
    studentt: {
      inv(p: number, degreesOfFreedom: number): number;
    };
  };
  export default jstat;
}
