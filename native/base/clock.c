#include "clock.h"

#include "raw_call.h"

enum { READS = 64, SAMPLES = 5 };

/** A batch is so much longer than reading the clock at its ends. */
#define COSTS_PER_BATCH 1000

static void read_through_vdso(void) {
    struct timespec now;
    clock_gettime(WALL_CLOCK, &now);
}

static void read_by_call(void) {
    struct timespec now;
    raw_call(SYS_clock_gettime, WALL_CLOCK, (long)&now, 0, 0, 0, 0);
}

/** The least of a few samples: an interruption only ever adds. */
static double least_cost_ns(void (*read_clock)(void)) {
    uint64_t least = UINT64_MAX;
    for (int sample = 0; sample < SAMPLES; sample++) {
        uint64_t start = wall_ns();
        for (int i = 0; i < READS; i++)
            read_clock();
        uint64_t elapsed = wall_ns() - start;
        least = elapsed < least ? elapsed : least;
    }
    return (double)least / READS;
}

double wall_clock_cost_ns(void) {
    return least_cost_ns(read_through_vdso);
}

uint64_t wall_clock_batch_ns(double cost_ns, uint64_t wanted_ns) {
    uint64_t least_ns = (uint64_t)(cost_ns * COSTS_PER_BATCH);
    return wanted_ns > least_ns ? wanted_ns : least_ns;
}

bool wall_clock_inspect(struct wall_clock *clock) {
    struct timespec now;
    if (clock_gettime(WALL_CLOCK, &now) != 0)
        return false;
    clock->cost_ns = wall_clock_cost_ns();
    /*
     * The vDSO is always mapped, but enters the kernel itself when the clock source cannot be read
     * from user space (hpet, acpi_pm, an unstable TSC): only the cost tells. A call does the same
     * work and the entry besides, so a vDSO that stays outside is clearly cheaper.
     */
    clock->vdso = clock->cost_ns < 0.9 * least_cost_ns(read_by_call);
    return true;
}
