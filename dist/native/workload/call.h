#ifndef CALL_H
#define CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "../harness/bench.h"

/** A system call that returns the same result every time. Many metrics are nothing more. */
struct call {
    const char *operation; /* for bench_fail() */
    long number;
    long arguments[6];
    long expected;
};

/** Makes the call `operations` times. Returns false after bench_fail() if a result differs. */
bool call_repeat(struct bench *bench, const struct call *call, uint64_t operations);

/** Prepares getppid(2), the cheapest call that does something. Returns false after bench_fail(). */
bool call_null(struct bench *bench, struct call *call);

#endif
