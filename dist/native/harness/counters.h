#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/failure.h"

/**
 * Hardware counters of this process and of processes that it forks later. Most virtual CPUs have
 * none.
 */
enum counter {
    INSTRUCTIONS_USER,
    INSTRUCTIONS_KERNEL,
    CYCLES_USER,
    CYCLES_KERNEL,
    COUNTERS,
};

struct counters {
    int descriptors[COUNTERS]; /* -1: not available; `failure` says why the first one is not */
    struct failure failure;
};

/** Opens the counters that can be opened. It is no failure if there are none. */
void counters_open(struct counters *counters);
void counters_close(struct counters *counters);

/** Whether any counter counts. */
bool counters_any(const struct counters *counters);

/** A counter's name in the results, such as "instructions_kernel". */
const char *counter_name(enum counter counter);

/**
 * Reads one counter.
 *
 * @returns false if it is not open, or did not count all the time because others used the hardware
 */
bool counter_read(const struct counters *counters, enum counter counter, uint64_t *value);

#endif
