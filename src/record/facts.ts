/** Characters that a fact of a record holds at most. */
export const MAX_FACT = 512;

/** Name of the fact that says why instructions are not counted although they might be, as a clause. */
export const NOT_COUNTED = 'not counted';
