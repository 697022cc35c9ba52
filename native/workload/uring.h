#ifndef URING_H
#define URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>

#include "../harness/bench.h"

/**
 * An io_uring of which this process is the only user: requests go in one by one, completions come
 * out (io_uring(7)). Without liburing, since the probe is linked with nothing but libc.
 */
struct uring {
    int descriptor;
    void *submissions; /* the mapping of the submission ring, NULL while there is none */
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
 * Makes a ring. What was opened before a failure is uring_close()'s to close.
 *
 * @returns false after bench_fail()
 */
bool uring_open(struct bench *bench, struct uring *ring);

void uring_close(struct uring *ring);

/**
 * Submits a request and waits for a completion, by one call: io_uring_enter(2).
 *
 * @returns false after bench_fail()
 */
bool uring_submit(struct bench *bench, struct uring *ring, const struct io_uring_sqe *request);

/**
 * Takes the next completion, and waits for it when there is none yet.
 *
 * @returns false after bench_fail()
 */
bool uring_take(struct bench *bench, struct uring *ring, struct io_uring_cqe *completion);

#endif
