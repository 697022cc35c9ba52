#ifndef MARKS_H
#define MARKS_H

#include <stddef.h>

/**
 * What an emulator that watches this process is told (native/trace/plugin.c): it knows these
 * functions by their addresses in the executable. Without one they do nothing.
 */

/** From here on every instruction counts, whoever executes it. */
void mark_begin(void);

/** Up to here. */
void mark_end(void);

/** Hands bytes over, up to mark_end(). */
void mark_bytes(const char *bytes, size_t length);

#endif
