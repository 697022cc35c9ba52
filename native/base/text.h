#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Room for the longest value that is reported, a kernel command line. */
#define MAX_TEXT 4096

/** The value of anything that cannot be read. */
#define UNKNOWN "unknown"

/**
 * Reads the start of a file of /proc or /sys. White space at its end is removed, and NUL bytes
 * become spaces.
 *
 * @returns false if it cannot be read or is empty; `text` is then "unknown"
 */
bool text_read(const char *path, char *text, size_t size);

/**
 * Finds the value of a "name : value" line, as in /proc/cpuinfo and /proc/self/status.
 *
 * @returns false if there is none; `value` is then "unknown"
 */
bool text_field(const char *text, const char *name, char *value, size_t size);

/** Copies a string, cut to `size`. */
void text_copy(char *to, size_t size, const char *from);

#endif
