#ifndef METRIC_H
#define METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench;

/** What a metric's number is. */
enum unit {
    UNIT_NS = 0,     /* time of one operation; less is better */
    UNIT_PER_SECOND, /* measured as a time too, and shown as how often it goes into a second */
    UNIT_COUNT,      /* events of one operation, counted exactly; less is better */
};

/**
 * One metric: what it is called, what one operation costs the kernel by design, and how to do it.
 *
 * `setup` makes every resource the metric needs, `run` does exactly `operations` operations, and
 * `teardown` releases everything; it is called after a failed setup too. They run anew for each
 * round, so that a metric never inherits descriptors, sockets or page tables from another. All but
 * `teardown` return false after bench_fail().
 */
struct metric {
    const char *id;   /* family.operation_size_variant; stable for ever */
    unsigned version; /* raised whenever the operation changes: versions are not compared */
    bool gate;        /* a regression turns the gate red; otherwise it only informs */
    bool slow;        /* milliseconds by nature: one batch of one turn a round, no warm-up */
    bool waits;       /* off the CPU by design, so that occupancy says nothing; slow implies it */
    bool own_process; /* changes its process for good (threads, filters): measured in a fork */
    enum unit unit;
    unsigned least_margin_percent; /* its launches differ by too much for less; 0: no such bound */
    const char *summary;           /* one operation, in words */
    unsigned entries;  /* system calls and page faults of one operation, of all participants */
    unsigned switches; /* context switches of one operation */
    unsigned bytes;    /* bytes that the kernel copies or moves by reference in one operation */
    unsigned per_turn; /* operations come in multiples of this: the hops of a ring */
    const void *parameters; /* what the family's functions need to know about this metric */
    bool (*setup)(struct bench *bench);
    bool (*run)(struct bench *bench, uint64_t operations);

    /* What is no part of the operation but cannot be left out of `run`: timed after each batch, and
     * taken off its time. NULL for nearly all. */
    bool (*overhead)(struct bench *bench, uint64_t operations);

    /* Instead of `run` where events are counted: how many there are in `operations` operations. */
    bool (*count)(struct bench *bench, uint64_t operations, uint64_t *events);

    /* After the last batch: notes facts beside the number by bench_detail(). NULL for most. */
    bool (*inspect)(struct bench *bench);
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
