#include "limit.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

/** From the deadline to the kill: time to write the remaining lines. */
#define GRACE_MS 500u

/** A signal between the last look at the flag and a blocking call is lost: so it comes again. */
#define REPEAT_US 20000

static volatile sig_atomic_t passed;
static uint64_t deadline_ns = UINT64_MAX;

static void note_passed(int signal) {
    (void)signal;
    passed = 1;
}

/** By raw calls: glibc before 2.34 keeps timer_create(3) in librt. */
static void kill_after(uint64_t milliseconds) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(milliseconds / 1000),
                     .tv_nsec = (long)(milliseconds % 1000) * 1000000},
    };
    int timer;
    if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0)
        syscall(SYS_timer_settime, timer, 0, &when, NULL);
}

void limit_process(uint64_t milliseconds) {
    deadline_ns = wall_ns() + milliseconds * 1000000u;
    struct sigaction action = {.sa_handler = note_passed}; /* no SA_RESTART: calls must return */
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    kill_after(milliseconds + GRACE_MS);
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
