#include <errno.h>
#include <sys/resource.h>
#include <time.h>

#include "../workload/ring.h"
#include "../workload/traced.h"
#include "../workload/transfer.h"
#include "families.h"

/**
 * These metrics count instead of timing. The count is the same on an idle and on a busy machine, so
 * one event more is a regression and not noise.
 */

static bool count_segments(struct bench *bench, uint64_t operations, uint64_t *events) {
    long before = transfer_segments();
    if (!transfer_run(bench, operations))
        return false;
    long after = transfer_segments();
    if (before < 0 || after <= before)
        return bench_fail(bench, "getsockopt(TCP_INFO)", EOPNOTSUPP);
    *events = (uint64_t)(after - before);
    return true;
}

/** libc's clock is a system call only if it falls back from the vDSO. */
static bool read_clock_and_send(struct bench *bench, struct transfer *transfer) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return bench_fail(bench, "clock_gettime(CLOCK_MONOTONIC)", errno);
    return transfer_send_corked(bench, transfer);
}

static struct traced traced;

static bool run_once(struct bench *bench) {
    return transfer_run(bench, 1);
}

static bool setup_traced(struct bench *bench) {
    return transfer_setup(bench) && traced_start(bench, &traced, run_once);
}

static bool count_calls(struct bench *bench, uint64_t operations, uint64_t *events) {
    *events = 0;
    for (; operations > 0; operations--) {
        uint64_t calls;
        if (!traced_count(bench, &traced, &calls))
            return false;
        *events += calls;
    }
    return true;
}

static void teardown_traced(struct bench *bench) {
    traced_end(&traced);
    transfer_teardown(bench);
}

static const struct ring_shape pair = {2, 0, true};
static struct ring ring = RING_CLOSED;

static bool setup_ring(struct bench *bench) {
    return ring_open(bench, &ring, pair);
}

/** @returns -1 if the kernel does not say */
static long own_switches(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nvcsw : -1;
}

/** The other process makes the same hops, and so the same number of switches. */
static bool count_switches(struct bench *bench, uint64_t operations, uint64_t *events) {
    long before = own_switches();
    if (!ring_run(bench, &ring, operations))
        return false;
    long after = own_switches();
    if (before < 0 || after <= before)
        return bench_fail(bench, "getrusage", EOPNOTSUPP);
    *events = 2 * (uint64_t)(after - before);
    return true;
}

static void teardown_ring(struct bench *bench) {
    (void)bench;
    ring_close(&ring);
}

#define COUNT(name) .id = "exact." name, .version = 1, .gate = true, .unit = UNIT_COUNT

#define CORKED(how)                                                                                \
    .bytes = TRANSFER_HEADER + TRANSFER_SMALL, .parameters = &(const struct strategy) {            \
        .size = TRANSFER_SMALL, .header = TRANSFER_HEADER, .send = (how)                           \
    }

static const struct metric metrics[] = {
    {
        COUNT("segments_per_op"),
        CORKED(transfer_send_corked),
        .summary = "data segments of TCP_CORK, send(256 B), sendfile(4 KB), uncork" TRANSFER_WHERE,
        .entries = 5,
        .per_turn = 16,
        .setup = transfer_setup,
        .count = count_segments,
        .teardown = transfer_teardown,
    },
    {
        COUNT("syscalls_per_op"),
        CORKED(read_clock_and_send),
        .summary = "system calls of clock_gettime(CLOCK_MONOTONIC), TCP_CORK, send(256 B), "
                   "sendfile(4 KB), uncork" TRANSFER_WHERE,
        .entries = 5,
        .per_turn = 4,
        .setup = setup_traced,
        .count = count_calls,
        .teardown = teardown_traced,
    },
    {
        COUNT("switches_per_op"),
        .own_process = true, /* for the scheduling policy */
        .summary = "voluntary context switches of one hop of a token between 2 processes on one "
                   "CPU, through pipes, SCHED_BATCH",
        .entries = 2,
        .switches = 1,
        .bytes = 2,
        .per_turn = 64,
        .setup = setup_ring,
        .count = count_switches,
        .teardown = teardown_ring,
    },
};

const struct family exact_family = FAMILY(metrics);
