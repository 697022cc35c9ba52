#ifndef CALL_H
#define CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "../harness/bench.h"

/** A system call that gives the same result every time: all there is to many a metric. */
struct call {
    const char *operation; /* what bench_fail() says */
    long number;
    long arguments[6];
    long expected;
};

/** Makes the call so many times. Returns false after bench_fail() when a result is another one. */
bool call_repeat(struct bench *bench, const struct call *call, uint64_t operations);

/** Makes it getppid(2): the cheapest call that does something. False after bench_fail(). */
bool call_null(struct bench *bench, struct call *call);

#endif
