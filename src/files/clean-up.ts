import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../failure.js';

/** What there is to end or to remove when a piece of work is over. */
export class CleanUp {
  readonly #steps: { what: string; undo: () => Promise<void> }[] = [];

  /** @param what names it in a sentence: "the checkout /tmp/…" */
  later(what: string, undo: () => Promise<void>): void {
    this.#steps.push({ what, undo });
  }

  /** Makes an empty folder that is removed in the end. */
  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'syscall-gate-baseline-'));
    this.later(`the folder ${path}`, () => rm(path, { recursive: true, force: true }));
    return path;
  }

  /**
   * Does all of it, the newest first. A step that fails keeps no other from being done.
   *
   * @returns one sentence for each step that failed
   */
  async now(): Promise<string[]> {
    const problems: string[] = [];
    for (const { what, undo } of this.#steps.splice(0).toReversed()) {
      try {
        await undo();
      } catch (error) {
        problems.push(`Could not remove ${what} (${reasonOf(error)}): remove it by hand.`);
      }
    }
    return problems;
  }
}
