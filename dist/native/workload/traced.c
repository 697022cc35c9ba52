#include "traced.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/peer.h"

/** The signal of a stop at a system call under PTRACE_O_TRACESYSGOOD. */
enum { CALL_STOP = SIGTRAP | 0x80 };

static _Noreturn void serve(struct bench *bench, bool (*work)(struct bench *bench)) {
    const pid_t self = getpid();
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        bench_fail(bench, "ptrace(PTRACE_TRACEME)", errno);
        _exit(1);
    }
    do
        raw_call(SYS_kill, self, SIGSTOP, 0, 0, 0, 0);
    while (work(bench));
    _exit(1);
}

/** @returns the signal that stopped the peer, or -1 after bench_fail() */
static int next_stop(struct bench *bench, struct traced *traced) {
    int status;
    if (waitpid(traced->peer, &status, __WALL) < 0) {
        bench_fail(bench, "waitpid", errno);
        return -1;
    }
    if (WIFSTOPPED(status))
        return WSTOPSIG(status);
    traced->peer = 0;
    bench_fail(bench, "waitpid", ECHILD); /* only if the peer has not recorded a failure */
    return -1;
}

static bool resume(struct bench *bench, const struct traced *traced, int signal) {
    return ptrace(PTRACE_SYSCALL, traced->peer, NULL, (long)signal) == 0 ||
           bench_fail(bench, "ptrace(PTRACE_SYSCALL)", errno);
}

bool traced_start(struct bench *bench, struct traced *traced, bool (*work)(struct bench *bench)) {
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
    traced->peer = peer_fork(bench);
    if (traced->peer == 0)
        serve(bench, work);
    if (traced->peer < 0 || next_stop(bench, traced) < 0)
        return false;
    return ptrace(PTRACE_SETOPTIONS, traced->peer, NULL, options) == 0 ||
           bench_fail(bench, "ptrace(PTRACE_SETOPTIONS)", errno);
}

/**
 * The peer stops twice for each call: at its entry and at its return. The last call stops the peer
 * itself, so it does not count.
 */
bool traced_count(struct bench *bench, struct traced *traced, uint64_t *calls) {
    uint64_t stops = 0;
    for (int signal = 0; resume(bench, traced, signal);) {
        signal = next_stop(bench, traced);
        if (signal < 0)
            return false;
        if (signal == SIGSTOP) {
            *calls = stops / 2 - 1;
            return stops >= 2 || bench_fail(bench, "waitpid", 0);
        }
        if (signal == CALL_STOP) {
            stops++;
            signal = 0; /* all other signals are passed on to the peer */
        }
    }
    return false;
}

/** Not by peer_end(): waiting for a tracee may report a stop before the end. */
void traced_end(struct traced *traced) {
    int status;
    if (traced->peer <= 0)
        return;
    kill(traced->peer, SIGKILL);
    do
        status = 0;
    while (waitpid(traced->peer, &status, __WALL) < 0 ? errno == EINTR : WIFSTOPPED(status));
    traced->peer = 0;
}
