import type { Progress } from '#src/progress.js';

export interface Phase {
  title: string;
  seconds: number;
}

/** Notes how long each phase of a gate takes. */
export class PhaseClock implements Progress {
  private readonly begun: { title: string; at: number }[] = [];

  phase(title: string): void {
    this.begun.push({ title, at: performance.now() });
  }
  step(): void {}
  note(): void {}
  warn(): void {}
  end(): void {
    this.phase('');
  }

  /** All that have ended. */
  get phases(): Phase[] {
    return this.begun.slice(0, -1).map(({ title, at }, index) => ({
      title,
      seconds: Number((((this.begun[index + 1]?.at ?? at) - at) / 1000).toFixed(1)),
    }));
  }
}
