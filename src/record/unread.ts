/**
 * A text of a record that has no value. The two kinds are told apart for people: what could not be read
 * may be readable with more rights, and what was not recorded needs a new measurement.
 */

/** The probe looked, and could not read it. */
export const UNREADABLE = 'unknown';

/** The version that wrote the record did not look. */
export const NOT_RECORDED = 'not recorded';

/** Whether a field has no value, for either reason. Then it is no evidence of a difference. */
export const isUnknown = (value: string): boolean =>
  value === '' || value === UNREADABLE || value === NOT_RECORDED;
