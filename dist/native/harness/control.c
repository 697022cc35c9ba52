#include "control.h"

#include "../base/clock.h"

enum { MIN_OPERATIONS = 10000, SAMPLES = 3 };

void control_chain(uint64_t operations) {
    uint64_t value = 1;
    for (; operations > 0; operations--) {
        value = value * 6364136223846793005u + 1442695040888963407u;
        __asm__ volatile("" : "+r"(value)); /* keeps the compiler from merging steps */
    }
}

void control_width(uint64_t operations) {
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    for (; operations > 0; operations--) {
        a += operations;
        b ^= operations;
        c += operations;
        d ^= operations;
        e += operations;
        f ^= operations;
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
    }
}

/** The minimum of a few runs: an interruption only adds time. */
static uint64_t time_loop(void (*loop)(uint64_t operations), uint64_t operations) {
    uint64_t min_ns = UINT64_MAX;
    for (int i = 0; i < SAMPLES; i++) {
        uint64_t start = wall_ns();
        loop(operations);
        uint64_t elapsed = wall_ns() - start;
        min_ns = elapsed < min_ns ? elapsed : min_ns;
    }
    return min_ns;
}

/**
 * Doubles the operations until they take long enough. In a short run, a slow clock would be most of
 * the time.
 */
uint64_t control_calibrate(void (*loop)(uint64_t operations), uint64_t batch_ns) {
    uint64_t operations = MIN_OPERATIONS;
    uint64_t elapsed;
    while ((elapsed = time_loop(loop, operations)) < batch_ns)
        operations *= 2;
    return (uint64_t)((double)operations * (double)batch_ns / (double)elapsed) + 1;
}
