/**
 * This tool's version, as stored in records and reports. The tests compare it with package.json.
 */
export const VERSION = '0.1.0';
