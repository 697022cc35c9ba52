#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/failure.h"

/** Hardware counters of this process and of those that it forks later; absent on most virtual CPUs.
 */
enum counter {
    INSTRUCTIONS_USER,
    INSTRUCTIONS_KERNEL,
    CYCLES_USER,
    CYCLES_KERNEL,
    COUNTERS,
};

struct counters {
    int descriptors[COUNTERS]; /* -1: not to be had; counters->failure says why the first was not */
    struct failure failure;
};

/** Opens what can be opened; nothing is no failure of the caller's. */
void counters_open(struct counters *counters);
void counters_close(struct counters *counters);

/** Whether any counter counts. */
bool counters_any(const struct counters *counters);

/** A counter's name on the wire, such as "instructions_kernel". */
const char *counter_name(enum counter counter);

/**
 * Reads one counter.
 *
 * @returns false when it is not open, or did not run all the time, since others wanted the hardware
 */
bool counter_read(const struct counters *counters, enum counter counter, uint64_t *value);

#endif
