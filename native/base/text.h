#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Room for the longest value that is reported: a kernel command line. */
#define MAX_TEXT 4096

/** What is reported for anything that cannot be read. */
#define UNKNOWN "unknown"

/**
 * Reads the beginning of a file of /proc or /sys, without the white space at its end; NUL bytes
 * become spaces.
 *
 * @returns false when it cannot be read or is empty; `text` is then "unknown"
 */
bool text_read(const char *path, char *text, size_t size);

/**
 * The value of a "name : value" line, as in /proc/cpuinfo and /proc/self/status.
 *
 * @returns false when there is none; `value` is then "unknown"
 */
bool text_field(const char *text, const char *name, char *value, size_t size);

/** Copies a string, cut to the room there is. */
void text_copy(char *to, size_t size, const char *from);

#endif
