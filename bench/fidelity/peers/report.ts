/**
 * The number that a peer prints, by the one group of a pattern.
 * @throws Error when it is not there or not above 0
 */
export function readNumber(report: string, pattern: RegExp): number {
  const value = Number(pattern.exec(report)?.[1]);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`no ${pattern.source} in "${report.trim().slice(-200)}"`);
}
