#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "families.h"
#include "raw_call.h"
#include "scratch.h"

/**
 * Context switches as LMbench's lat_ctx makes them (McVoy and Staelin, USENIX 1996): a token goes
 * round a ring of processes through pipes, and each sums its working set before it passes the token
 * on. The processes inherit the CPU that the probe is pinned to, so every hop is one switch.
 */
struct ring {
    unsigned processes;
    unsigned working_set; /* bytes */
    bool batch;           /* under SCHED_BATCH */
};

enum { PAGE = 4096, RING_MAX = 8, WORKING_SET_MAX = 16 * 1024 };

static _Alignas(PAGE) uint64_t working_set[WORKING_SET_MAX / sizeof(uint64_t)];

/** This process's ends: it sends to the first child and receives from the last. */
static int send_end = -1;
static int receive_end = -1;
static pid_t children[RING_MAX];
static unsigned child_count;
static bool under_batch;

static void walk(size_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes / sizeof working_set[0]; i++)
        sum += working_set[i];
    __asm__ volatile("" : : "r"(sum));
}

/** Writing gives a forked process pages of its own instead of its parent's. */
static void touch(size_t bytes) {
    memset(working_set, 1, bytes);
}

static long pass_token(int end) {
    char token = 't';
    return raw_call(SYS_write, end, (long)&token, 1, 0, 0, 0);
}

static long take_token(int end) {
    char token;
    return raw_call(SYS_read, end, (long)&token, 1, 0, 0, 0);
}

/** Ends when the neighbour on either side has gone, so that no process outlives the ring. */
static _Noreturn void serve(int receive, int send, size_t bytes) {
    touch(bytes);
    while (take_token(receive) == 1) {
        walk(bytes);
        if (pass_token(send) != 1)
            break;
    }
    _exit(0);
}

/**
 * Forks the process that receives from `receive_end`, and moves `receive_end` on to what it sends.
 * No process keeps an end that is not its own, and the probe holds four descriptors at most: a
 * token lost with a process is an end of file for the next one, never a wait.
 */
static bool grow_ring(struct bench *bench, size_t bytes) {
    int next[2];
    if (pipe(next) != 0)
        return bench_fail(bench, "pipe", errno);
    pid_t child = fork();
    if (child == 0) {
        /* Should the probe have died before this line, serve() meets the end of its pipes. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(send_end);
        close(next[0]);
        serve(receive_end, next[1], bytes);
    }
    int error = errno;
    close(next[1]);
    scratch_close(&receive_end);
    receive_end = next[0];
    if (child < 0)
        return bench_fail(bench, "fork", error);
    children[child_count++] = child;
    return bench_add_participant(bench, child);
}

static bool open_pipe(struct bench *bench) {
    int ends[2];
    if (pipe(ends) != 0)
        return bench_fail(bench, "pipe", errno);
    receive_end = ends[0];
    send_end = ends[1];
    return true;
}

/**
 * Without it a process that wakes the next one is sometimes preempted by it at once and must be
 * switched to once more, only to block: 1.1 to 1.4 switches a hop in a ring of 8, by chance. Under
 * SCHED_BATCH a wake-up preempts nobody (sched(7)), so a hop is one switch, and launches differ by
 * half as much. Any other policy than the default is the caller's choice and stays.
 */
static bool schedule_as_batch(struct bench *bench) {
    const struct sched_param none = {0};
    if (raw_call(SYS_sched_getscheduler, 0, 0, 0, 0, 0, 0) != SCHED_OTHER)
        return true;
    long result = raw_call(SYS_sched_setscheduler, 0, SCHED_BATCH, (long)&none, 0, 0, 0);
    under_batch = result == 0;
    /* A kernel without this policy, gVisor's, has its own idea of preemption. */
    return under_batch || result == -EINVAL || result == -ENOSYS ||
           bench_fail_result(bench, "sched_setscheduler(SCHED_BATCH)", result);
}

static void schedule_as_before(void) {
    const struct sched_param none = {0};
    if (under_batch)
        raw_call(SYS_sched_setscheduler, 0, SCHED_OTHER, (long)&none, 0, 0, 0);
    under_batch = false;
}

static bool setup(struct bench *bench) {
    const struct ring *ring = bench->metric->parameters;
    touch(ring->working_set);
    if (ring->batch && !schedule_as_batch(bench))
        return false;
    if (!open_pipe(bench))
        return false;
    for (unsigned i = 1; i < ring->processes; i++)
        if (!grow_ring(bench, ring->working_set))
            return false;
    return true;
}

static bool run(struct bench *bench, uint64_t operations) {
    const struct ring ring = *(const struct ring *)bench->metric->parameters;
    for (; operations > 0; operations -= ring.processes) {
        walk(ring.working_set);
        long result = pass_token(send_end);
        if (result != 1)
            return bench_fail_result(bench, "write(pipe)", result);
        result = take_token(receive_end);
        if (result != 1)
            return bench_fail_result(bench, "read(pipe)", result == 0 ? -EPIPE : result);
    }
    return true;
}

static void teardown(struct bench *bench) {
    (void)bench;
    schedule_as_before();
    scratch_close(&send_end);
    scratch_close(&receive_end);
    for (; child_count > 0; child_count--) {
        pid_t child = children[child_count - 1];
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
}

static const struct ring alone = {1, 0, false};
static const struct ring pair = {2, 0, false};
static const struct ring eight = {8, 0, true};
static const struct ring eight_16k = {8, 16 * 1024, true};

#define RING_METRIC(name, ring, hops)                                                              \
    .id = "context." name, .version = 1, .gate = true, .entries = 2, .bytes = 2,                   \
    .per_turn = (hops), .parameters = &(ring), .setup = setup, .run = run, .teardown = teardown

static const struct metric metrics[] = {
    {
        RING_METRIC("pipe_self", alone, 1),
        .summary = "1 byte written to and read from the process's own pipe, no switch",
    },
    {
        RING_METRIC("pipe_2p_0k", pair, 2),
        .summary = "one hop of a token between 2 processes on one CPU, through pipes",
        .switches = 1,
    },
    {
        RING_METRIC("ring_8p_0k", eight, 8),
        .summary = "one hop of a token round 8 processes on one CPU, SCHED_BATCH",
        .switches = 1,
    },
    {
        RING_METRIC("ring_8p_16k", eight_16k, 8),
        .summary = "one hop of a token round 8 processes that each walk 16 KB, SCHED_BATCH",
        .switches = 1,
    },
};

const struct family context_family = FAMILY(metrics);
