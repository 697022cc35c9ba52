import type { RunnableSpec } from '../config/config.js';
import type { Target } from './target.js';

/** A kind of target: how its spec reads and what it becomes. One file each, listed in index.ts. */
export interface TargetKind<S extends RunnableSpec> {
  /** How a user writes it, for error sentences. */
  readonly syntax: string;
  /**
   * @param input the name of the input, for error sentences
   * @param spec the whole spec as the user wrote it
   * @param rest what follows the first colon; undefined when there is none
   * @throws Failure of kind `usage`
   */
  parse(input: string, spec: string, rest: string | undefined): S;
  make(spec: S): Target;
}
