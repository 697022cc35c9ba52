#include "own_process.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char operation[] = "measure in a process of its own";

/** Killed by SIGSYS: a seccomp filter's way to deny. */
static void note_end(struct bench *bench, int status) {
    if (WIFSIGNALED(status))
        bench_fail(bench, operation, WTERMSIG(status) == SIGSYS ? EPERM : ECHILD);
    else if (WEXITSTATUS(status) != 0)
        bench_fail(bench, operation, ECHILD);
}

void in_own_process(struct bench *bench, void (*work)(void *context), void *context) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(context);
        _exit(0);
    }
    if (child < 0) {
        bench_fail(bench, "fork", errno);
        return;
    }
    /* Not by a limit of this process: the fork has its own, and both have the deadline. */
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) {
            bench_fail(bench, "waitpid", errno);
            return;
        }
    note_end(bench, status);
}
