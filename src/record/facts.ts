/** Characters that a fact of a record holds at most. */
export const MAX_FACT = 512;

/** Name of the fact that says why instructions are not counted although they might be, as a clause. */
export const NOT_COUNTED = 'not counted';

/** Where the copy of a kernel comes from that was booted, because it is not at its path any more. */
export const KEPT_IN = 'copy kept in';

/** The commit at which a command was built. */
export const COMMIT = 'commit';
