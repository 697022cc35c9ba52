#include "cycle_clock.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "../base/clock.h"
#include "../base/text.h"

enum { READS = 256, SAMPLES = 8 };

/** Long enough for a rate to within 20 ppm by a clock that is read to within 100 ns. */
#define RATE_NS 5000000u

/** More, and the counter stops or changes its pace: NTP steers no clock by as much. */
#define MAX_RATE_CHANGE 0.001

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

#define CYCLE_CLOCK_NAME "rdtsc"

/** "Invariant TSC": runs at one rate in all states of the CPU (Intel SDM volume 3B, 18.17.1). */
static bool is_constant(void) {
    unsigned eax;
    unsigned ebx;
    unsigned ecx;
    unsigned edx;
    return __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) != 0 && (edx & 1u << 8) != 0;
}

/** The kernel gives the TSC up as a clock source when it finds it unsteady; these are made of it.
 */
static bool is_trusted_by_kernel(void) {
    static const char *const made_of_it[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
                                             UNKNOWN};
    char source[64];
    text_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
              sizeof source);
    for (size_t i = 0; i < sizeof made_of_it / sizeof made_of_it[0]; i++)
        if (strcmp(source, made_of_it[i]) == 0)
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
 * All differences between readings are multiples of the step. The cost is that of many readings on
 * end, since one alone may take less than a step; the least of a few: an interruption only adds.
 */
static void measure_reading(struct cycle_clock *clock) {
    uint64_t least = UINT64_MAX;
    uint64_t step = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
        uint64_t start = cycle_clock_read();
        uint64_t now = start;
        for (int i = 0; i < READS; i++) {
            uint64_t before = now;
            now = cycle_clock_read();
            step = greatest_common_divisor(step, now - before);
        }
        least = now - start < least ? now - start : least;
    }
    clock->cost_ns = (double)least / READS * 1e9 / clock->hz;
    clock->step_ns = (double)step * 1e9 / clock->hz;
}

enum { RATE_TRIES = 6 };

/**
 * An interruption between the readings of two clocks looks like a change of pace, the first time
 * also where an emulator has yet to translate the loop: the rate is one that two measurements on
 * end have.
 *
 * @return 0 where no two agree
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
