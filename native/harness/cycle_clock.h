#ifndef CYCLE_CLOCK_H
#define CYCLE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/failure.h"

/**
 * The CPU's own time stamp counter: fine and cheap enough to time a single system call. It is for
 * the tails alone; batches are timed by the kernel's clock, which does not drift.
 */
struct cycle_clock {
    const char *name; /* the instruction that reads it */
    double hz;
    double step_ns; /* it counts in steps of this, which some CPUs make longer than a tick */
    double cost_ns; /* of a reading: part of every time */
    struct failure failure; /* why it is not fit to time anything */
};

/** Finds out whether the counter can be trusted, how fast it runs and what reading it costs. */
void cycle_clock_inspect(struct cycle_clock *clock);

/*
 * The fences keep what is timed between the readings: LFENCE waits until all instructions before it
 * have completed (Intel SDM volume 2B, RDTSC), ISB does the same for CNTVCT_EL0 (Arm ARM, D11).
 */
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
