#ifndef MARKS_H
#define MARKS_H

#include <stddef.h>

/**
 * What an emulator that watches this process is told (native/trace/plugin.c): it knows places in
 * the program by their symbols. A mark is no instruction, so that what is marked is what is timed.
 */

/** Names a place, in a function that is compiled once: MARKED. */
#define MARK(place) __asm__ volatile(".globl mark_" #place "\nmark_" #place ":" : : : "memory")

/** Neither inlined nor cloned. */
#ifdef __clang__
#define MARKED __attribute__((noinline))
#else
#define MARKED __attribute__((noipa))
#endif

/** Says bytes by what is executed. */
void mark_bytes(const char *bytes, size_t length);

#endif
