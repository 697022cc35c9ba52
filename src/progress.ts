/**
 * How the gate tells the outside what it is doing. A terminal draws a live line, a CI log prints
 * groups and plain lines; the rooms that report progress do not know which.
 */
export interface Progress {
  /** A phase of the story begins (compile, measure, compare …); it ends when the next begins. */
  phase(title: string): void;
  /** `done` of `total` steps of the phase are over; `detail` says what is running now. */
  step(done: number, total: number, detail: string): void;
  /** Something worth knowing that is not an error, one sentence. */
  note(sentence: string): void;
  /** Something that weakens the result, one sentence with its remedy. */
  warn(sentence: string): void;
  /** The last phase is over; nothing more will be reported. */
  end(): void;
}
