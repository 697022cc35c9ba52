#include "stage.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/limit.h"
#include "inject.h"

static void perform(struct bench *bench, stage_action *act, void *context) {
    const struct metric *metric = bench->metric;
    limit_metric(STAGE_LIMIT_NS);
    if (limit_passed())
        bench_fail(bench, "start", ETIME);
    else if (metric->setup == NULL || metric->setup(bench))
        act(bench, context);
    if (metric->teardown != NULL)
        metric->teardown(bench);
    limit_metric_done();
}

/** A seccomp filter may deny a call by SIGSYS. */
static void note_end(struct bench *bench, int status) {
    if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
        bench_fail(bench, "measure in a process of its own",
                   WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? EPERM : ECHILD);
}

static void perform_in_fork(struct bench *bench, stage_action *act, void *context) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        inject_inherit();
        perform(bench, act, context);
        _exit(0);
    }
    if (child < 0) {
        bench_fail(bench, "fork", errno);
        return;
    }
    /* No limit is needed here: the fork has its own, and the deadline ends this process. */
    while (waitpid(child, &status, 0) < 0) {
        if (errno == EINTR)
            continue;
        bench_fail(bench, "waitpid", errno);
        return;
    }
    note_end(bench, status);
}

void stage_metric(struct bench *bench, const struct metric *metric, stage_action *act,
                  void *context) {
    *bench = (struct bench){.metric = metric};
    if (metric->own_process)
        perform_in_fork(bench, act, context);
    else
        perform(bench, act, context);
}
