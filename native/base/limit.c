#include "limit.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

/**
 * Time from the deadline to the exit, to write the remaining lines; and from the exit to the kill.
 */
#define GRACE_MS (LIMIT_MS_TO_KILL / 2)

/**
 * The signal repeats: one that comes between the last check of the flag and a blocking call is
 * lost.
 */
#define REPEAT_US 20000

static volatile sig_atomic_t passed;
static int late_exit_code;
static uint64_t deadline_ns = UINT64_MAX;

static void note_passed(int signal) {
    (void)signal;
    passed = 1;
}

static void exit_late(int signal) {
    (void)signal;
    static const char sentence[] = "probe: a call did not return before the deadline.\n";
    /* If this fails, the exit code still says what happened. */
    (void)!write(STDERR_FILENO, sentence, sizeof sentence - 1);
    _exit(late_exit_code);
}

/** Unblocks the signal as well, because the probe's parent may have blocked it. */
static void handle(int signal, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART: calls must return */
    sigset_t unblocked;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
    sigemptyset(&unblocked);
    sigaddset(&unblocked, signal);
    sigprocmask(SIG_UNBLOCK, &unblocked, NULL);
}

/** By raw calls, because glibc before 2.34 keeps timer_create(3) in librt. */
static void signal_after(uint64_t milliseconds, int signal) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(milliseconds / 1000),
                     .tv_nsec = (long)(milliseconds % 1000) * 1000000},
    };
    int timer;
    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0)
        syscall(SYS_timer_settime, timer, 0, &when, NULL);
}

/**
 * A handler exits, because the init of a container or of a bare kernel ignores even SIGKILL from
 * inside (pid_namespaces(7)). SIGKILL comes later, for waits that no handler ends (TASK_KILLABLE).
 */
void limit_process(uint64_t milliseconds, int exit_code) {
    deadline_ns = wall_ns() + milliseconds * 1000000u;
    late_exit_code = exit_code;
    handle(SIGALRM, note_passed);
    handle(SIGUSR1, exit_late);
    signal_after(milliseconds + GRACE_MS, SIGUSR1);
    signal_after(milliseconds + 2 * GRACE_MS, SIGKILL);
}

static void set_timer(uint64_t nanoseconds) {
    uint64_t microseconds = nanoseconds / 1000u;
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(microseconds / 1000000u),
                     .tv_usec = (suseconds_t)(microseconds % 1000000u)},
        .it_interval = {.tv_usec = microseconds > 0 ? REPEAT_US : 0},
    };
    setitimer(ITIMER_REAL, &timer, NULL);
}

void limit_metric(uint64_t nanoseconds) {
    uint64_t now = wall_ns();
    uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
    passed = left < 1000u;
    if (!passed)
        set_timer(nanoseconds < left ? nanoseconds : left);
}

void limit_metric_done(void) {
    set_timer(0);
}

bool limit_passed(void) {
    return passed != 0;
}
