#ifndef CYCLE_CLOCK_H
#define CYCLE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/failure.h"

/**
 * The CPU's own time stamp counter. It is fine and cheap enough to time a single system call. Only
 * the tails use it; the kernel's clock times batches, because it does not drift.
 */
struct cycle_clock {
    const char *name; /* the instruction that reads it */
    double hz;
    double step_ns; /* it counts in steps of this; on some CPUs a step is longer than a tick */
    double cost_ns; /* cost of one reading, which is part of every time */
    struct failure failure; /* why it cannot be used */
};

/** Finds out whether the counter can be used, how fast it runs and what one reading costs. */
void cycle_clock_inspect(struct cycle_clock *clock);

/* The fences keep the timed code between the readings. LFENCE waits until all earlier instructions
 * have completed (Intel SDM volume 2B, RDTSC). ISB does the same for CNTVCT_EL0 (Arm ARM, D11). */
#if defined(__x86_64__) || defined(__i386__)

static inline uint64_t cycle_clock_read(void) {
    uint32_t low;
    uint32_t high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

#elif defined(__aarch64__)

static inline uint64_t cycle_clock_read(void) {
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(ticks) : : "memory");
    return ticks;
}

#else

static inline uint64_t cycle_clock_read(void) {
    return 0;
}

#endif

#endif
