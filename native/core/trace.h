#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

#include "bench.h"

#define TRACE_OPERATIONS_MAX 100000u

/**
 * What was marked of one metric: some times over (the repeats), each time a window of `operations`
 * operations and one of twice as many, and where the metric has an overhead the same two of that.
 * What the second has more than the first is `operations` operations without the loop around them.
 */
struct trace {
    uint64_t operations; /* in the shorter windows */
    uint64_t windows;    /* in the order of the marks */
    bool overhead;
};

/** Whether a metric is a loop of operations at all: not where it counts events itself. */
bool trace_has(const struct metric *metric);

/**
 * Sets a metric up, warms it up, and runs it between marks.
 *
 * @param operations in the shorter windows, in whole turns: fewer where they take long
 * @param bench where a failure is noted; initialised here, in memory shared with forks like `trace`
 */
void trace_metric(const struct metric *metric, uint64_t operations, struct bench *bench,
                  struct trace *trace);

/**
 * Hands over the kernel's symbols of instructions as /proc/kallsyms has them, which shows addresses
 * to a privileged process alone.
 *
 * @returns false when they cannot be read (errno is set)
 */
bool trace_symbols(void);

#endif
