#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../harness/peer.h"
#include "../workload/exit_image.h"
#include "../workload/scratch.h"
#include "families.h"

enum { STACK = 16 * 1024 };

/** A process that run() failed to wait for. */
static pid_t left_over;
static int image = -1;

/** Stack of a child that shares this process's memory. The child calls only one small function. */
static _Alignas(16) char stack[STACK];

static uint32_t thread_lives;

/** 0 for a child that succeeded. */
static int child_error(int status) {
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return WTERMSIG(status) == SIGSYS ? EPERM : ECHILD; /* a seccomp filter denies this way */
}

/** @param operation what the child failed to do if its status is not 0 */
static bool wait_for(struct bench *bench, const char *operation, long child) {
    int status = -1;
    long result = raw_call(SYS_wait4, child, (long)&status, 0, 0, 0, 0);
    if (result != child) {
        left_over = (pid_t)child;
        return bench_fail_result(bench, "wait4", result);
    }
    return status == 0 || bench_fail(bench, operation, child_error(status));
}

/** By a raw call: after libc's fork(3), the child makes more calls and writes to more pages. */
static long fork_call(void) {
#ifdef SYS_fork
    return raw_call(SYS_fork, 0, 0, 0, 0, 0, 0);
#else
    return raw_call(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
#endif
}

static bool run_fork(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        long child = fork_call();
        if (child == 0)
            for (;;)
                raw_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
        if (child < 0)
            return bench_fail_result(bench, "fork", child);
        if (!wait_for(bench, "exit_group", child))
            return false;
    }
    return true;
}

static bool setup_exec(struct bench *bench) {
    image = exit_image(bench);
    return image >= 0;
}

/** Returns only on failure, with the reason as its status. */
static int exec(void *unused) {
    static const char *const arguments[] = {"exit", NULL};
    static const char *const variables[] = {NULL};
    (void)unused;
    return -(int)raw_call(SYS_execveat, image, (long)"", (long)arguments, (long)variables,
                          AT_EMPTY_PATH, 0);
}

/**
 * Uses the flags of vfork(2) and a stack for the child, as posix_spawn(3) does. If one function
 * returned twice on one stack, the compiler's moves could break it.
 */
static bool run_exec(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        int child = clone(exec, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
        if (child < 0)
            return bench_fail(bench, "clone(CLONE_VFORK)", errno);
        if (!wait_for(bench, "execveat", child))
            return false;
    }
    return true;
}

static void teardown(struct bench *bench) {
    (void)bench;
    peer_end(&left_over);
    scratch_close(&image);
}

static int end_at_once(void *unused) {
    (void)unused;
    return 0;
}

/**
 * Waits until the thread is gone: the kernel then clears the thread's word and wakes its waiters.
 */
static bool join(struct bench *bench) {
    while (__atomic_load_n(&thread_lives, __ATOMIC_ACQUIRE) != 0) {
        long result = raw_call(SYS_futex, (long)&thread_lives, FUTEX_WAIT, 1, 0, 0, 0);
        if (result != 0 && result != -EAGAIN)
            return bench_fail_result(bench, "futex(FUTEX_WAIT)", result);
    }
    return true;
}

/** The flags of pthread_create(3), without the work that libc adds. */
static bool run_thread(struct bench *bench, uint64_t operations) {
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                      CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
    for (; operations > 0; operations--) {
        thread_lives = 1;
        if (clone(end_at_once, stack + STACK, flags, NULL, NULL, NULL, &thread_lives) < 0)
            return bench_fail(bench, "clone(CLONE_THREAD)", errno);
        if (!join(bench))
            return false;
    }
    return true;
}

/** Page tables, slab caches and freeing them on another CPU differ from launch to launch. */
enum { PROCESS_MARGIN_PERCENT = 10 };

static const struct metric metrics[] = {
    {
        .id = "process.fork_wait",
        .version = 1,
        .gate = true,
        .least_margin_percent = PROCESS_MARGIN_PERCENT,
        .waits = true, /* for the child, whose CPU time nobody counts */
        .summary = "fork(2), the child's exit, and wait4(2)",
        /* Three calls and five faults: both processes write to their stack and to glibc's rseq(2)
         * area, which the kernel writes to, and the child fetches its first instruction. */
        .entries = 8,
        .switches = 2,
        .per_turn = 1,
        .run = run_fork,
        .teardown = teardown,
    },
    {
        .id = "process.vfork_exec",
        .version = 1,
        .gate = true,
        .least_margin_percent = PROCESS_MARGIN_PERCENT,
        .waits = true,
        .summary = "vfork and execveat(2) of a static executable of one page that ends at once, "
                   "and wait4(2)",
        /* Four calls. The first instruction is a fault. The stack is usually another one, because
         * the kernel shifts it by up to two pages to randomise it. */
        .entries = 6,
        /* Off and on for the exec, on and off for the exit. */
        .switches = 4,
        .per_turn = 1,
        .setup = setup_exec,
        .run = run_exec,
        .teardown = teardown,
    },
    {
        .id = "process.thread_join",
        .version = 1,
        .gate = true,
        .least_margin_percent = PROCESS_MARGIN_PERCENT,
        .own_process = true,
        .summary = "clone(2) of a thread that ends at once, joined by futex(2)",
        .entries = 3,
        .switches = 2,
        .per_turn = 1,
        .run = run_thread,
    },
};

const struct family process_family = FAMILY(metrics);
