#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/**
 * The clock at both ends of a batch. Not CLOCK_MONOTONIC: NTP slews that by up to 500 ppm, as much
 * as the changes that are to be seen.
 */
#define WALL_CLOCK CLOCK_MONOTONIC_RAW
#define WALL_CLOCK_NAME "CLOCK_MONOTONIC_RAW"

/** A clock's reading in ns; 0 when the clock cannot be read. */
static inline uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t wall_ns(void) {
    return clock_ns(WALL_CLOCK);
}

/** What reading the wall clock costs, and whether that stays in user space. */
struct wall_clock {
    double cost_ns;
    bool vdso;
};

/**
 * What a reading costs now: that changes for good in the midst of a process when the kernel gives
 * up a clock source (an unstable TSC).
 */
double wall_clock_cost_ns(void);

/** How long a batch has to be to make little of the readings at its ends, `wanted_ns` at least. */
uint64_t wall_clock_batch_ns(double cost_ns, uint64_t wanted_ns);

/**
 * Measures the wall clock.
 *
 * @returns false when the kernel has no such clock (errno is set)
 */
bool wall_clock_inspect(struct wall_clock *clock);

#endif
