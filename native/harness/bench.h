#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "../base/failure.h"
#include "metric.h"

/** More processes than any ring has. */
#define MAX_PARTICIPANTS 64

/** More facts than any metric notes beside its number. */
#define MAX_DETAILS 16

/** A fact beside a metric's number, such as how many segments an operation sends. */
struct detail {
    const char *name; /* snake_case, the unit in it where it has one */
    double value;
};

/** One metric while it is set up: who takes part in it, what was noted, and what went wrong. */
struct bench {
    const struct metric *metric;
    struct failure failure;
    clockid_t participants[MAX_PARTICIPANTS]; /* CPU clocks of the child processes */
    unsigned participant_count;
    /* Set by `run` when the batch's time is not what it measured, such as a latency within it: the
     * time of all its operations together, in ns. 0: it is the batch's time. */
    uint64_t measured_ns;
    struct detail details[MAX_DETAILS];
    unsigned detail_count;
};

/**
 * Records what failed; the first failure is the one that counts.
 *
 * @param operation a literal such as "socket(AF_INET)"
 * @param error errno, or 0 for a wrong result without one
 * @returns false, to be returned by the caller
 */
bool bench_fail(struct bench *bench, const char *operation, int error);

/** bench_fail() for the result of a raw call: a negative one is an errno. */
bool bench_fail_result(struct bench *bench, const char *operation, long result);

/**
 * Notes a fact beside the metric's number; a second one of the same name replaces the first.
 *
 * @param name a literal
 * @param value finite, not negative
 */
void bench_detail(struct bench *bench, const char *name, double value);

/** Counts the CPU time of a child process towards the metric's occupancy. */
bool bench_add_participant(struct bench *bench, pid_t child);

/** CPU time of all child processes so far, in ns. */
uint64_t bench_participants_ns(const struct bench *bench);

#endif
