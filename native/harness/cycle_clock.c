#include "cycle_clock.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "../base/clock.h"
#include "../base/text.h"

enum { READS = 256, SAMPLES = 8 };

/** With a clock that is read to within 100 ns, this gives the rate to within 20 ppm. */
#define RATE_NS 5000000u

/** A counter that changes more stops or changes its pace: NTP changes no clock by this much. */
#define MAX_RATE_CHANGE 0.001

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

#define CYCLE_CLOCK_NAME "rdtsc"

/** "Invariant TSC": it runs at one rate in all states of the CPU (Intel SDM volume 3B, 18.17.1). */
static bool is_constant(void) {
    unsigned eax;
    unsigned ebx;
    unsigned ecx;
    unsigned edx;
    return __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) != 0 && (edx & 1u << 8) != 0;
}

/**
 * The kernel stops using the TSC as its clock source if it finds it unsteady. These clock sources
 * are made of the TSC.
 */
static bool is_trusted_by_kernel(void) {
    static const char *const tsc_sources[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
                                              UNKNOWN};
    char source[64];
    text_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
              sizeof source);
    for (size_t i = 0; i < sizeof tsc_sources / sizeof tsc_sources[0]; i++)
        if (strcmp(source, tsc_sources[i]) == 0)
            return true;
    return false;
}

static bool is_fit(struct cycle_clock *clock) {
    int mode = PR_TSC_ENABLE;
    if (prctl(PR_GET_TSC, &mode) == 0 && mode != PR_TSC_ENABLE)
        return failure_set(&clock->failure, "rdtsc, which PR_SET_TSC forbids", EPERM);
    if (!is_constant())
        return failure_set(&clock->failure, "rdtsc, whose rate is not constant on this CPU",
                           EOPNOTSUPP);
    return is_trusted_by_kernel() ||
           failure_set(&clock->failure, "rdtsc, which this kernel does not use as its clock source",
                       EOPNOTSUPP);
}

#elif defined(__aarch64__)

#define CYCLE_CLOCK_NAME "cntvct_el0"

static bool is_fit(struct cycle_clock *clock) {
    (void)clock;
    return true;
}

#else

#define CYCLE_CLOCK_NAME "none"

static bool is_fit(struct cycle_clock *clock) {
    return failure_set(&clock->failure,
                       "a cycle counter, which this architecture's probe does not read",
                       EOPNOTSUPP);
}

#endif

static double measure_hz(void) {
    uint64_t start = wall_ns();
    uint64_t ticks = cycle_clock_read();
    uint64_t now;
    while ((now = wall_ns()) - start < RATE_NS)
        continue;
    return (double)(cycle_clock_read() - ticks) * 1e9 / (double)(now - start);
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/**
 * All differences between readings are multiples of the step. The cost comes from many readings in
 * a row, because a single one may take less than a step. The minimum of a few samples counts: an
 * interruption only adds time.
 */
static void measure_reading(struct cycle_clock *clock) {
    uint64_t min_ticks = UINT64_MAX;
    uint64_t step = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
        uint64_t start = cycle_clock_read();
        uint64_t now = start;
        for (int i = 0; i < READS; i++) {
            uint64_t before = now;
            now = cycle_clock_read();
            step = greatest_common_divisor(step, now - before);
        }
        min_ticks = now - start < min_ticks ? now - start : min_ticks;
    }
    clock->cost_ns = (double)min_ticks / READS * 1e9 / clock->hz;
    clock->step_ns = (double)step * 1e9 / clock->hz;
}

enum { RATE_TRIES = 6 };

/**
 * An interruption between the readings of two clocks looks like a change of pace. So does the first
 * run in an emulator, which must translate the loop. So two measurements in a row must agree.
 *
 * @returns 0 if no two agree
 */
static double steady_hz(void) {
    double hz = measure_hz();
    for (int i = 1; i < RATE_TRIES; i++) {
        double again = measure_hz();
        if (hz > 0 && again > hz * (1 - MAX_RATE_CHANGE) && again < hz * (1 + MAX_RATE_CHANGE))
            return again;
        hz = again;
    }
    return 0;
}

void cycle_clock_inspect(struct cycle_clock *clock) {
    *clock = (struct cycle_clock){.name = CYCLE_CLOCK_NAME};
    if (!is_fit(clock))
        return;
    clock->hz = steady_hz();
    if (clock->hz <= 0)
        failure_set(&clock->failure, CYCLE_CLOCK_NAME ", whose rate changes", EOPNOTSUPP);
    else
        measure_reading(clock);
}
