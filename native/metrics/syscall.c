#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../workload/call.h"
#include "families.h"

/** The current metric's call. There is one at a time. */
static struct call call;
static uint32_t nobody_waits;

static bool run_call(struct bench *bench, uint64_t operations) {
    return call_repeat(bench, &call, operations);
}

static bool setup_enosys(struct bench *bench) {
    (void)bench;
    call = (struct call){.operation = "syscall(-1)", .number = -1, .expected = -ENOSYS};
    return true;
}

static bool setup_null(struct bench *bench) {
    return call_null(bench, &call);
}

static bool setup_futex(struct bench *bench) {
    (void)bench;
    call = (struct call){
        "futex(FUTEX_WAKE)", SYS_futex, {(long)&nobody_waits, FUTEX_WAKE_PRIVATE, 1}, 0};
    return true;
}

static bool setup_yield(struct bench *bench) {
    (void)bench;
    call = (struct call){.operation = "sched_yield", .number = SYS_sched_yield};
    return true;
}

static bool run_libc(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--)
        if (getppid() != call.expected)
            return bench_fail(bench, "getppid", errno);
    return true;
}

/**
 * Blocks and unblocks in turn, because the kernel does nothing if the mask stays the same. There is
 * one call in one place and no function around it. A return right after a call is slow (46 ns on an
 * EPYC whose kernel has the "Safe RET" mitigation), as null_libc shows, and inlining would decide
 * about it.
 */
static bool run_mask(struct bench *bench, uint64_t operations) {
    enum { KERNEL_SIGSET = _NSIG / 8 }; /* libc's sigset_t is larger */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    for (int how = SIG_BLOCK; operations > 0; operations--) {
        long result = raw_call(SYS_rt_sigprocmask, how, (long)&signals, 0, KERNEL_SIGSET, 0, 0);
        if (result != 0)
            return bench_fail_result(bench, "rt_sigprocmask", result);
        how = how == SIG_BLOCK ? SIG_UNBLOCK : SIG_BLOCK;
    }
    return true;
}

#define CALL_METRIC(name, set_up)                                                                  \
    .id = "syscall." name, .version = 1, .gate = true, .entries = 1, .per_turn = 1,                \
    .setup = (set_up), .run = run_call

static const struct metric metrics[] = {
    {
        CALL_METRIC("enosys", setup_enosys),
        .summary = "a system call that does not exist: number -1, answered by ENOSYS",
    },
    {
        CALL_METRIC("null", setup_null),
        .summary = "getppid(2): the cheapest call that does something",
    },
    {
        .id = "syscall.null_libc",
        .version = 1,
        .summary = "getppid(2) through libc's function",
        .entries = 1,
        .per_turn = 1,
        .setup = setup_null,
        .run = run_libc,
    },
    {
        CALL_METRIC("futex_wake_0", setup_futex),
        .summary = "futex(2), FUTEX_WAKE_PRIVATE where nobody waits",
    },
    {
        CALL_METRIC("sched_yield", setup_yield),
        .summary = "sched_yield(2) to nobody",
    },
    {
        .id = "syscall.sigprocmask",
        .version = 1,
        .gate = true,
        .summary = "rt_sigprocmask(2) that blocks one signal, or unblocks it",
        .entries = 1,
        .bytes = 8,
        .per_turn = 2,
        .run = run_mask,
    },
};

const struct family syscall_family = FAMILY(metrics);
