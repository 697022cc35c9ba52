#ifndef MARKS_H
#define MARKS_H

#include <stddef.h>

/**
 * Marks tell an emulator that traces this process (native/tools/trace_plugin.c) where it is. The
 * emulator knows a mark by its symbol. A mark is no instruction, so marked code takes no longer.
 */

/** Marks a place. The function must be MARKED, so that it is compiled once. */
#define MARK(place) __asm__ volatile(".globl mark_" #place "\nmark_" #place ":" : : : "memory")

/** Neither inlined nor cloned. */
#ifdef __clang__
#define MARKED __attribute__((noinline))
#else
#define MARKED __attribute__((noipa))
#endif

/** Sends bytes to the emulator: for each byte it calls the function that stands for it. */
void mark_bytes(const char *bytes, size_t length);

#endif
