#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../workload/call.h"
#include "families.h"

/** Room for the kernel's struct sigaction on any architecture. */
enum { ACTION_WORDS = 32, KERNEL_SIGSET = _NSIG / 8 };

/** limit.c uses SIGALRM and SIGUSR1. */
enum { SIGNAL = SIGUSR2 };

static struct call install;
static unsigned long kernel_action[ACTION_WORDS];
static struct sigaction former_action;
static sigset_t former_mask;
static volatile sig_atomic_t handled;

static void handle(int signal) {
    (void)signal;
    handled = 1;
}

/** Unblocks the signal, because the probe's parent may have blocked it. */
static bool setup(struct bench *bench) {
    struct sigaction action = {.sa_handler = handle};
    sigset_t unblocked;
    sigemptyset(&action.sa_mask);
    sigemptyset(&unblocked);
    sigaddset(&unblocked, SIGNAL);
    sigprocmask(SIG_UNBLOCK, &unblocked, &former_mask);
    return sigaction(SIGNAL, &action, &former_action) == 0 || bench_fail(bench, "sigaction", errno);
}

static void teardown(struct bench *bench) {
    (void)bench;
    sigaction(SIGNAL, &former_action, NULL);
    sigprocmask(SIG_SETMASK, &former_mask, NULL);
}

static bool run_raise(struct bench *bench, uint64_t operations) {
    const long process = getpid();
    const long thread = raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
    for (; operations > 0; operations--) {
        handled = 0;
        long result = raw_call(SYS_tgkill, process, thread, SIGNAL, 0, 0, 0);
        if (result != 0 || !handled)
            return bench_fail_result(bench, "tgkill", result);
    }
    return true;
}

/**
 * libc's sigaction(3) converts its structure to the kernel's, which differs by architecture. So
 * libc installs the handler once, and the kernel's structure is read back.
 */
static bool setup_install(struct bench *bench) {
    if (!setup(bench))
        return false;
    long result = raw_call(SYS_rt_sigaction, SIGNAL, 0, (long)kernel_action, KERNEL_SIGSET, 0, 0);
    install = (struct call){
        "rt_sigaction", SYS_rt_sigaction, {SIGNAL, (long)kernel_action, 0, KERNEL_SIGSET}, 0};
    return result == 0 || bench_fail_result(bench, install.operation, result);
}

static bool run_install(struct bench *bench, uint64_t operations) {
    return call_repeat(bench, &install, operations);
}

static const struct metric metrics[] = {
    {
        .id = "signal.raise",
        .version = 1,
        .gate = true,
        .summary = "a signal to oneself by tgkill(2), its handler, and rt_sigreturn(2)",
        .entries = 2,
        .per_turn = 1,
        .setup = setup,
        .run = run_raise,
        .teardown = teardown,
    },
    {
        .id = "signal.install",
        .version = 1,
        .gate = true,
        .summary = "rt_sigaction(2) that installs a handler",
        .entries = 1,
        .per_turn = 1,
        .setup = setup_install,
        .run = run_install,
        .teardown = teardown,
    },
};

const struct family signal_family = FAMILY(metrics);
