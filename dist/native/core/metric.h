#ifndef METRIC_H
#define METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench;

/**
 * One metric: what it is called, what one operation costs the kernel by design, and how to do it.
 *
 * `setup` makes every resource the metric needs, `run` does exactly `operations` operations, and
 * `teardown` releases everything; it is called after a failed setup too. They run anew for each
 * round, so that a metric never inherits descriptors, sockets or page tables from another. `setup`
 * and `run` return false after bench_fail().
 */
struct metric {
    const char *id;      /* family.operation_size_variant; stable for ever */
    unsigned version;    /* raised whenever the operation changes: versions are not compared */
    bool gate;           /* a regression turns the gate red; otherwise it only informs */
    bool slow;           /* milliseconds by nature: one batch of one turn a round, no warm-up */
    const char *summary; /* one operation, in words */
    unsigned entries;    /* kernel entries of one operation, of all participants together */
    unsigned switches;   /* context switches of one operation */
    unsigned bytes;      /* bytes that the kernel copies or moves by reference in one operation */
    unsigned per_turn;   /* operations come in multiples of this: the hops of a ring */
    const void *parameters; /* what the family's functions need to know about this metric */
    bool (*setup)(struct bench *bench);
    bool (*run)(struct bench *bench, uint64_t operations);
    void (*teardown)(struct bench *bench);
};

/** The metrics of one file. */
struct family {
    const struct metric *metrics;
    size_t count;
};

#define FAMILY(table)                                                                              \
    { (table), sizeof(table) / sizeof(table)[0] }

#endif
