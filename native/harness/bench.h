#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "../base/failure.h"
#include "metric.h"

/** More processes than any metric has. */
#define MAX_PARTICIPANTS 64

/** More facts than any metric adds to its number. */
#define MAX_DETAILS 16

/** A fact beside a metric's number, such as how many segments an operation sends. */
struct detail {
    const char *name; /* in snake_case, with its unit if it has one */
    double value;
};

/** One metric while it is set up: its child processes, its facts, and what went wrong. */
struct bench {
    const struct metric *metric;
    struct failure failure;
    clockid_t participants[MAX_PARTICIPANTS]; /* CPU clocks of the child processes */
    unsigned participant_count;
    /* Set by `run` if the batch's time is not what it measured, such as a latency within it: the
     * time of all its operations together. 0: use the batch's time. */
    uint64_t measured_ns;
    struct detail details[MAX_DETAILS];
    unsigned detail_count;
};

/**
 * Records what failed. Only the first failure counts.
 *
 * @param operation a literal such as "socket(AF_INET)"
 * @param error errno, or 0 for a wrong result without one
 * @returns false, for the caller to return
 */
bool bench_fail(struct bench *bench, const char *operation, int error);

/** bench_fail() for the result of a raw call, where a negative result is an errno. */
bool bench_fail_result(struct bench *bench, const char *operation, long result);

/**
 * Adds a fact to the metric's number. A fact of the same name replaces the earlier one.
 *
 * @param name a literal
 * @param value finite, not negative
 */
void bench_detail(struct bench *bench, const char *name, double value);

/** Adds a child process's CPU time to the metric's. */
bool bench_add_participant(struct bench *bench, pid_t child);

/** CPU time of all child processes so far. */
uint64_t bench_participants_ns(const struct bench *bench);

#endif
