#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../workload/call.h"
#include "../workload/scratch.h"
#include "families.h"

/** As many as in the shorter list of LMbench's lat_select. */
enum { SELECTED = 100 };

/** State of the current metric: an empty pipe, and what watches it. */
static struct call call;
static int read_end = -1;
static int write_end = -1;
static int watcher = -1; /* for epoll */
static int copies[SELECTED];
static int copy_count;
static int select_limit; /* one more than the highest descriptor */
static fd_set selected;
static struct pollfd polled;
static struct epoll_event event;

static bool run_call(struct bench *bench, uint64_t operations) {
    return call_repeat(bench, &call, operations);
}

static bool open_pipe(struct bench *bench) {
    int ends[2];
    if (pipe(ends) != 0)
        return bench_fail(bench, "pipe", errno);
    read_end = ends[0];
    write_end = ends[1];
    return true;
}

static bool setup_poll(struct bench *bench) {
    if (!open_pipe(bench))
        return false;
    polled = (struct pollfd){.fd = read_end, .events = POLLIN};
#ifdef SYS_poll
    call = (struct call){"poll", SYS_poll, {(long)&polled, 1, 0}, 0};
#else /* newer architectures have only this call */
    static struct timespec at_once;
    call = (struct call){"ppoll", SYS_ppoll, {(long)&polled, 1, (long)&at_once, 0}, 0};
#endif
    return true;
}

static bool setup_epoll(struct bench *bench) {
    event = (struct epoll_event){.events = EPOLLIN};
    if (!open_pipe(bench))
        return false;
    watcher = epoll_create1(EPOLL_CLOEXEC);
    if (watcher < 0)
        return bench_fail(bench, "epoll_create1", errno);
    if (epoll_ctl(watcher, EPOLL_CTL_ADD, read_end, &event) != 0)
        return bench_fail(bench, "epoll_ctl", errno);
    call = (struct call){"epoll_pwait", SYS_epoll_pwait, {watcher, (long)&event, 1, 0, 0}, 0};
    return true;
}

static bool select_copy(struct bench *bench) {
    int copy = dup(read_end);
    if (copy < 0)
        return bench_fail(bench, "dup", errno);
    copies[copy_count++] = copy;
    if (copy >= FD_SETSIZE)
        return bench_fail(bench, "select", EMFILE);
    FD_SET(copy, &selected);
    select_limit =
        copy + 1; /* dup(2) returns the lowest free one, so each is higher than the last */
    return true;
}

static bool setup_select(struct bench *bench) {
    FD_ZERO(&selected);
    if (!open_pipe(bench))
        return false;
    while (copy_count < SELECTED)
        if (!select_copy(bench))
            return false;
    return true;
}

/** By pselect6, which libc's select(3) calls today. The call changes the set and the timeout. */
static bool run_select(struct bench *bench, uint64_t operations) {
    struct timespec at_once = {0};
    const int limit = select_limit;
    for (; operations > 0; operations--) {
        fd_set readable = selected;
        long result = raw_call(SYS_pselect6, limit, (long)&readable, 0, 0, (long)&at_once, 0);
        if (result != 0)
            return bench_fail_result(bench, "pselect6", result);
    }
    return true;
}

static void teardown(struct bench *bench) {
    (void)bench;
    while (copy_count > 0)
        close(copies[--copy_count]);
    scratch_close(&watcher);
    scratch_close(&read_end);
    scratch_close(&write_end);
}

#define POLL_METRIC(name, set_up, how)                                                             \
    .id = "syscall." name, .version = 1, .gate = true, .entries = 1, .per_turn = 1,                \
    .setup = (set_up), .run = (how), .teardown = teardown

static const struct metric metrics[] = {
    {
        POLL_METRIC("poll_1", setup_poll, run_call),
        .summary = "poll(2) of an empty pipe, without waiting",
    },
    {
        POLL_METRIC("select_100", setup_select, run_select),
        .summary = "pselect6(2) of 100 descriptors of an empty pipe, without waiting",
    },
    {
        POLL_METRIC("epoll_wait_0", setup_epoll, run_call),
        .summary = "epoll_pwait(2) for an empty pipe, without waiting",
    },
};

const struct family poll_family = FAMILY(metrics);
