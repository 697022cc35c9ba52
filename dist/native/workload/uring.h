#ifndef URING_H
#define URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>

#include "../harness/bench.h"

/**
 * An io_uring. Requests go in one at a time and completions come out (io_uring(7)). It does without
 * liburing, because the probe is linked with libc only.
 */
struct uring {
    int descriptor;
    void *submissions; /* the mapping of the submission ring, or NULL */
    size_t submissions_bytes;
    void *completions;
    size_t completions_bytes;
    struct io_uring_sqe *entries;
    size_t entries_bytes;
    struct io_uring_params parameters;
};

#define URING_CLOSED                                                                               \
    { .descriptor = -1 }

/**
 * Makes a ring. Call uring_close() after a failure too.
 *
 * @returns false after bench_fail()
 */
bool uring_open(struct bench *bench, struct uring *ring);

void uring_close(struct uring *ring);

/**
 * Submits a request and waits for a completion, in one call: io_uring_enter(2).
 *
 * @returns false after bench_fail()
 */
bool uring_submit(struct bench *bench, struct uring *ring, const struct io_uring_sqe *request);

/**
 * Takes the next completion, and waits if there is none yet.
 *
 * @returns false after bench_fail()
 */
bool uring_take(struct bench *bench, struct uring *ring, struct io_uring_cqe *completion);

#endif
