import type { CleanUp } from '../../files/clean-up.js';

/** A copy of a kernel image that an earlier run measured. */
export interface KeptImage {
  /** Absolute path of the copy. */
  path: string;
  /** Where it was kept, for people: "the artifact syscall-gate-kernel-0123456789abcdef". */
  origin: string;
}

/**
 * Kernel images that are kept together with the runs that measured them, so that a later job can
 * boot them beside its own kernel.
 */
export interface KeptKernels {
  /**
   * Keeps a copy of an image. The run's verdict does not depend on it.
   *
   * @param path absolute path of the image
   * @param sha256 the image's digest when it was measured, in hexadecimal digits
   * @returns a sentence if it could not be kept
   */
  keep(path: string, sha256: string): Promise<string | undefined>;
  /**
   * Looks for the copy of an image. Anybody may have put it there, so the caller must compare its
   * digest before it uses the copy.
   *
   * @param cleanUp removes what is downloaded, when it is not needed any more
   * @returns or why there is none, as a clause
   */
  find(sha256: string, cleanUp: CleanUp): Promise<KeptImage | string>;
}
