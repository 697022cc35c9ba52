/** This tool's version, as records and reports state it. The tests hold it to package.json. */
export const VERSION = '0.1.0';
