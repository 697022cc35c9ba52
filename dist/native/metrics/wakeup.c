#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "families.h"

/**
 * How late a sleeper runs: from the expiry of its timer to its own reading of the clock, as in
 * cyclictest (rt-tests). The tail matters, because a real-time user waits for it. Disabled
 * interrupts, other work, and the return from an idle state or a host cause it.
 */
enum { WAKEUPS = 200, MIN_SLEEP_NS = 75000, JITTER_NS = 50000 };

static uint64_t late_ns[WAKEUPS];
static int slack_before_ns = -1;

/**
 * The kernel lets a timer of SCHED_OTHER expire up to 50 us late to merge wake-ups
 * (PR_SET_TIMERSLACK in prctl(2)). That would be most of the number. 1 ns is the minimum. gVisor's
 * kernel has neither the call nor the slack.
 */
static bool setup(struct bench *bench) {
    slack_before_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    if (slack_before_ns < 0)
        return errno == EINVAL || bench_fail(bench, "prctl(PR_GET_TIMERSLACK)", errno);
    return prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0) == 0 ||
           bench_fail(bench, "prctl(PR_SET_TIMERSLACK)", errno);
}

/** Neighbours in this sequence are far apart, so it never runs in step with a tick. */
static uint64_t jitter_ns(unsigned turn) {
    return (uint32_t)(turn * 0x9e3779b9u) % JITTER_NS; /* 2^32 divided by the golden ratio (Weyl) */
}

static bool sleep_once(struct bench *bench, unsigned turn) {
    uint64_t due_ns = clock_ns(CLOCK_MONOTONIC) + MIN_SLEEP_NS + jitter_ns(turn);
    struct timespec due = {.tv_sec = (time_t)(due_ns / 1000000000u),
                           .tv_nsec = (long)(due_ns % 1000000000u)};
    long result =
        raw_call(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, (long)&due, 0, 0, 0);
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    if (result != 0 || now_ns < due_ns)
        return bench_fail_result(bench, "clock_nanosleep", result);
    late_ns[turn] = now_ns - due_ns;
    return true;
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/** The lateness that `percent` of the wake-ups do not exceed. */
static uint64_t percentile_ns(unsigned percent) {
    return late_ns[WAKEUPS * percent / 100 - 1];
}

/** Sets the measured time so that one operation takes the percentile, averaged over the turns. */
static bool run(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations -= WAKEUPS) {
        for (unsigned i = 0; i < WAKEUPS; i++)
            if (!sleep_once(bench, i))
                return false;
        qsort(late_ns, WAKEUPS, sizeof late_ns[0], compare);
        bench->measured_ns += percentile_ns(99) * WAKEUPS;
    }
    return true;
}

static bool inspect(struct bench *bench) {
    bench_detail(bench, "p50_ns", (double)percentile_ns(50));
    bench_detail(bench, "max_ns", (double)percentile_ns(100));
    return true;
}

static void teardown(struct bench *bench) {
    (void)bench;
    if (slack_before_ns >= 0)
        prctl(PR_SET_TIMERSLACK, slack_before_ns, 0, 0, 0);
    slack_before_ns = -1;
}

static const struct metric metrics[] = {
    {
        .id = "context.wakeup_p99",
        .version = 1,
        .slow = true,
        .waits = true,
        .summary =
            "from a timer's expiry until its sleeper runs: 99 of 100 wake-ups take no longer",
        .entries = 1,
        .switches = 2, /* to the idle task and back */
        .per_turn = WAKEUPS,
        .setup = setup,
        .run = run,
        .inspect = inspect,
        .teardown = teardown,
    },
};

const struct family wakeup_family = FAMILY(metrics);
