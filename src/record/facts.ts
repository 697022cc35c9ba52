/** Name of the fact that says why instructions are not counted although they might be, as a clause. */
export const NOT_COUNTED = 'not counted';
