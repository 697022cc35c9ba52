/**
 * How the gate reports what it is doing. A terminal draws a live line, a CI log prints groups and
 * plain lines; the rooms that report progress do not know which.
 */
export interface Progress {
  /** A phase begins (compile, measure, compare …); it ends when the next one begins. */
  phase(title: string): void;
  /** `done` of the phase's `total` steps are finished; `detail` says what is running now. */
  step(done: number, total: number, detail: string): void;
  /** One sentence worth knowing that is not about an error. */
  note(sentence: string): void;
  /** One sentence about something that weakens the result, with its remedy. */
  warn(sentence: string): void;
  /** The last phase ends; nothing more will be reported. */
  end(): void;
}
