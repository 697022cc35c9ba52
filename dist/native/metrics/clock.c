#include <errno.h>
#include <time.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../workload/call.h"
#include "families.h"

static bool run_monotonic(struct bench *bench, uint64_t operations) {
    struct timespec now;
    for (; operations > 0; operations--)
        if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
            return bench_fail(bench, "clock_gettime(CLOCK_MONOTONIC)", errno);
    return true;
}

static bool run_by_call(struct bench *bench, uint64_t operations) {
    struct timespec now;
    const struct call call = {
        "clock_gettime(CLOCK_MONOTONIC)", SYS_clock_gettime, {CLOCK_MONOTONIC, (long)&now}, 0};
    return call_repeat(bench, &call, operations);
}

static const struct metric metrics[] = {
    {
        .id = "clock.vdso_monotonic",
        .version = 1,
        .gate = true,
        .summary = "clock_gettime(CLOCK_MONOTONIC) through the vDSO",
        .per_turn = 1,
        .run = run_monotonic,
    },
    {
        .id = "clock.syscall",
        .version = 1,
        .summary = "clock_gettime(CLOCK_MONOTONIC) by a system call",
        .entries = 1,
        .bytes = sizeof(struct timespec),
        .per_turn = 1,
        .run = run_by_call,
    },
};

const struct family clock_family = FAMILY(metrics);
