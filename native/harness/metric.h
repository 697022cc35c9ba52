#ifndef METRIC_H
#define METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench;

/** What a metric's number means. */
enum unit {
    UNIT_NS = 0,     /* time of one operation; lower is better */
    UNIT_PER_SECOND, /* measured as a time, shown as how often it happens in a second */
    UNIT_COUNT,      /* events of one operation, counted exactly; lower is better */
};

/**
 * One metric: its name, what one operation costs the kernel by design, and how to do it.
 *
 * `setup` makes every resource that the metric needs, `run` does exactly `operations` operations,
 * and `teardown` releases everything, also after a failed setup. They run anew in each round, so a
 * metric never inherits descriptors, sockets or page tables from another. All but `teardown` return
 * false after bench_fail().
 */
struct metric {
    const char *id;   /* family.operation_size_variant; never changes */
    unsigned version; /* raised when the operation changes: different versions are not compared */
    bool gate;        /* a regression turns the gate red; false: the metric only informs */
    bool slow;  /* an operation takes milliseconds: one batch of one turn in a round, no warm-up */
    bool waits; /* off the CPU by design, so occupancy means nothing; `slow` implies it */
    bool own_process; /* changes its process for good (threads, filters), so it is measured in a
                         fork */
    enum unit unit;
    unsigned least_margin_percent; /* smallest default margin, if launches differ too much for less;
                                      0: none */
    const char *summary;           /* one operation, in words */
    unsigned entries; /* system calls and page faults of one operation, of all processes together */
    unsigned switches; /* context switches of one operation */
    unsigned bytes;    /* bytes that the kernel copies, or moves by reference, in one operation */
    unsigned per_turn; /* operations come in multiples of this, such as the hops round a ring */
    const void *parameters; /* what the family's functions need to know of this metric */
    bool (*setup)(struct bench *bench);
    bool (*run)(struct bench *bench, uint64_t operations);

    /* Work that is not part of the operation but that `run` cannot leave out. It is timed after
     * each batch and subtracted. NULL for nearly all metrics. */
    bool (*overhead)(struct bench *bench, uint64_t operations);

    /* Instead of `run` if events are counted: how many there are in `operations` operations. */
    bool (*count)(struct bench *bench, uint64_t operations, uint64_t *events);

    /* After the last batch: adds facts by bench_detail(). NULL for most metrics. */
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
