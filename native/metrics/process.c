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

/** The process that was not waited for to the end. */
static pid_t left_over;
static int image = -1;

/** Of a child that shares this process's memory. Never deeper than one small function. */
static _Alignas(16) char stack[STACK];

static uint32_t thread_lives;

/** Zero for a child that did what it was for. */
static int child_error(int status) {
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return WTERMSIG(status) == SIGSYS ? EPERM : ECHILD; /* a seccomp filter's way to deny */
}

/** @param operation what a child that did not end with status 0 failed to do */
static bool wait_for(struct bench *bench, const char *operation, long child) {
    int status = -1;
    long result = raw_call(SYS_wait4, child, (long)&status, 0, 0, 0, 0);
    if (result != child) {
        left_over = (pid_t)child;
        return bench_fail_result(bench, "wait4", result);
    }
    return status == 0 || bench_fail(bench, operation, child_error(status));
}

/** By raw calls: after libc's fork(3) the child makes further calls, and writes to further pages.
 */
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

/** The status that says why, should it return. */
static int exec(void *unused) {
    static const char *const arguments[] = {"exit", NULL};
    static const char *const variables[] = {NULL};
    (void)unused;
    return -(int)raw_call(SYS_execveat, image, (long)"", (long)arguments, (long)variables,
                          AT_EMPTY_PATH, 0);
}

/**
 * The flags of vfork(2), and a stack for the child, as posix_spawn(3) does it and for its reason: a
 * function that returns twice on one stack is undone by whatever the compiler moved there.
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

/** Until the kernel has cleared the thread's word, which it then wakes those who wait for it. */
static bool join(struct bench *bench) {
    while (__atomic_load_n(&thread_lives, __ATOMIC_ACQUIRE) != 0) {
        long result = raw_call(SYS_futex, (long)&thread_lives, FUTEX_WAIT, 1, 0, 0, 0);
        if (result != 0 && result != -EAGAIN)
            return bench_fail_result(bench, "futex(FUTEX_WAIT)", result);
    }
    return true;
}

/** The flags of pthread_create(3), without what libc does for it. */
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

/** Page tables, slab caches and the freeing of both on another CPU differ from launch to launch. */
enum { PROCESS_MARGIN_PERCENT = 10 };

static const struct metric metrics[] = {
    {
        .id = "process.fork_wait",
        .version = 1,
        .gate = true,
        .least_margin_percent = PROCESS_MARGIN_PERCENT,
        .waits = true, /* for the child, whose CPU time nobody counts */
        .summary = "fork(2), the child's exit, and wait4(2)",
        /* Three calls, and five faults: the stack, which either writes to, the child's first
         * instruction, and glibc's rseq(2) area in either, which the kernel writes to. */
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
        /* Four calls. The first instruction is one fault; the stack, which the kernel shifts by up
         * to two pages to randomise it, takes another one more often than not. */
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
