#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/**
 * The clock that times batches. Not CLOCK_MONOTONIC: NTP changes its rate by up to 500 ppm, as much
 * as the changes that we want to see.
 */
#define WALL_CLOCK CLOCK_MONOTONIC_RAW
#define WALL_CLOCK_NAME "CLOCK_MONOTONIC_RAW"

/** Reads a clock in ns; 0 if it cannot be read. */
static inline uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t wall_ns(void) {
    return clock_ns(WALL_CLOCK);
}

/** What one reading of the wall clock costs, and whether it stays in user space. */
struct wall_clock {
    double cost_ns;
    bool vdso;
};

/**
 * What one reading costs now. It can change while the process runs: the kernel may give up its
 * clock source (an unstable TSC).
 */
double wall_clock_cost_ns(void);

/**
 * How long a batch must be, at least `wanted_ns`, so that the readings at its ends hardly matter.
 */
uint64_t wall_clock_batch_ns(double cost_ns, uint64_t wanted_ns);

/**
 * Measures the wall clock.
 *
 * @returns false if the kernel has no such clock (errno is set)
 */
bool wall_clock_inspect(struct wall_clock *clock);

#endif
