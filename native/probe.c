/**
 * The probe: measures what it costs to enter this kernel. It reads a plan from its arguments or
 * from lines (session/words.h) and writes results as JSON lines (session/lines.h). It is one static
 * executable that needs no configuration and no privilege, so it runs the same on a host, in a
 * container, and as the init of a bare kernel.
 *
 * The process has one thread on purpose: a second thread that shares the descriptor table makes
 * each descriptor look-up slower (fs/file.c, __fget_light). And each process is one replicate on
 * purpose: physical pages and address layout differ from process to process, and only new processes
 * average that noise out.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/console.h"
#include "base/exit_code.h"
#include "base/filter.h"
#include "base/wire.h"
#include "harness/inject.h"
#include "init/audit.h"
#include "init/bare.h"
#include "session/launches.h"
#include "session/lines.h"
#include "session/passes.h"
#include "session/plan.h"
#include "session/words.h"

static struct words words;
static struct plan plan;
static struct wire wire;

/**
 * Makes this process die with its launcher. If the launcher has died already, it exits: the init
 * of a container would ignore a signal. Where getppid(2) is denied, both results are the same
 * error.
 */
static void follow_parent(void) {
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(NO_SETUP);
}

static bool open_wire(void) {
    if (plan.results_fd != PLAN_UNSET)
        return wire_to_mapping(&wire, (int)plan.results_fd);
    wire_to_descriptor(&wire, STDOUT_FILENO);
    return true;
}

static int report_failure(const struct failure *failure) {
    errno = failure->error;
    return exit_report(NO_SETUP, failure->operation);
}

/** Installs the regression and the seccomp filter that the plan wants to measure under. */
static bool confine(struct failure *failure) {
    return inject(plan.injection, failure) &&
           (plan.seccomp == NULL || filter_load(plan.seccomp, failure));
}

static int measure_here(void) {
    struct failure failure = {0};
    if (!confine(&failure))
        return report_failure(&failure);
    if (!open_wire())
        return exit_report(NO_SETUP, "mapping the results descriptor failed");
    if (plan.list)
        return line_catalogue(&wire) ? DONE : exit_report(NO_ROOM, "writing the catalogue failed");
    return measure_plan(&plan, &wire);
}

/** Audit rules apply to the whole machine and stay, so only a machine of our own may have them. */
static int start_audit(bool bare) {
    struct failure failure = {0};
    if (!bare) {
        fputs("probe: --audit-rules change the whole machine, so they need --bare.\n", stderr);
        return BAD_ARGUMENTS;
    }
    return audit_load(plan.audit_rules, &failure) ? DONE : report_failure(&failure);
}

/** In a bare kernel this process is a fork of init, so a new process is started to measure. */
static int act(bool bare, int argc, char **argv) {
    if (!words_collect(&words, argc, argv) || !plan_parse(&plan, &words))
        return BAD_ARGUMENTS;
    int code = plan.audit_rules == NULL ? DONE : start_audit(bare);
    if (code != DONE)
        return code;
    bool in_new_processes = (bare || plan.launches > 1) && !plan.list;
    return in_new_processes ? launch_processes(&plan, &words) : measure_here();
}

int main(int argc, char **argv) {
    follow_parent();
    bool bare = bare_asked(&argc, argv);
    if (bare && !bare_begin())
        return BAD_ARGUMENTS;
    int code = act(bare, argc, argv);
    console_drain();
    return code;
}
