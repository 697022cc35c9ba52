#include "clock.h"

#include "raw_call.h"

enum { READS = 64, SAMPLES = 5 };

/** A batch takes this many times as long as one clock reading. */
#define COSTS_PER_BATCH 1000

static void read_through_vdso(void) {
    struct timespec now;
    clock_gettime(WALL_CLOCK, &now);
}

static void read_by_call(void) {
    struct timespec now;
    raw_call(SYS_clock_gettime, WALL_CLOCK, (long)&now, 0, 0, 0, 0);
}

/** The minimum of a few samples: an interruption only adds time. */
static double min_cost_ns(void (*read_clock)(void)) {
    uint64_t min_ns = UINT64_MAX;
    for (int sample = 0; sample < SAMPLES; sample++) {
        uint64_t start = wall_ns();
        for (int i = 0; i < READS; i++)
            read_clock();
        uint64_t elapsed = wall_ns() - start;
        min_ns = elapsed < min_ns ? elapsed : min_ns;
    }
    return (double)min_ns / READS;
}

double wall_clock_cost_ns(void) {
    return min_cost_ns(read_through_vdso);
}

uint64_t wall_clock_batch_ns(double cost_ns, uint64_t wanted_ns) {
    uint64_t min_ns = (uint64_t)(cost_ns * COSTS_PER_BATCH);
    return wanted_ns > min_ns ? wanted_ns : min_ns;
}

bool wall_clock_inspect(struct wall_clock *clock) {
    struct timespec now;
    if (clock_gettime(WALL_CLOCK, &now) != 0)
        return false;
    clock->cost_ns = wall_clock_cost_ns();
    /* The vDSO is always mapped, but it enters the kernel if the clock source cannot be read from
     * user space (hpet, acpi_pm, an unstable TSC). Only the cost shows which it is: a system call
     * does the same work and enters the kernel, so a vDSO that stays in user space is clearly
     * cheaper. */
    clock->vdso = clock->cost_ns < 0.9 * min_cost_ns(read_by_call);
    return true;
}
