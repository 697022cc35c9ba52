#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include "../base/affinity.h"
#include "../harness/bench.h"
#include "../harness/inject.h"
#include "../harness/peer.h"
#include "../workload/batch_policy.h"
#include "../workload/token.h"
#include "families.h"

/** The probe and a peer pass a token to each other. One hop is one operation. */
struct handoff {
    const struct mechanism *mechanism;
    enum { PROCESS, THREAD, PROCESS_ELSEWHERE } peer;
};

/** State of the current metric. There is one at a time. */
static struct side sides[2];
static pid_t process;
static pthread_t thread;
static bool threaded;

static void serve(const struct mechanism *mechanism) {
    while (mechanism->take(&sides[1]) == 0 && mechanism->pass(&sides[1]) == 0)
        continue;
}

static void *serve_as_thread(void *handoff) {
    inject_inherit();
    serve(((const struct handoff *)handoff)->mechanism);
    return NULL;
}

/**
 * Blocks all signals in the new thread: they must interrupt the calls of the first one (limit.h).
 */
static bool start_thread(struct bench *bench) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, serve_as_thread, (void *)bench->metric->parameters);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    threaded = error == 0;
    return threaded || bench_fail(bench, "pthread_create", error);
}

static bool start_process(struct bench *bench, const struct mechanism *mechanism) {
    process = peer_fork(bench);
    if (process == 0) {
        serve(mechanism);
        _exit(0);
    }
    return process > 0;
}

static bool move_elsewhere(struct bench *bench) {
    int error = pin_elsewhere(process);
    if (error == EINVAL)
        return bench_fail(bench, "a second CPU", error);
    return error == 0 || bench_fail(bench, "sched_setaffinity", error);
}

/**
 * SCHED_BATCH only matters for a peer on the same CPU. On another CPU, a peer preempts nobody's
 * hop, but would wait longer for others' work.
 */
static bool start_peer(struct bench *bench, const struct handoff *handoff) {
    switch (handoff->peer) {
    case THREAD:
        return batch_policy_begin(bench) && start_thread(bench);
    case PROCESS:
        return batch_policy_begin(bench) && start_process(bench, handoff->mechanism);
    default:
        return start_process(bench, handoff->mechanism) && move_elsewhere(bench);
    }
}

static bool setup(struct bench *bench) {
    const struct handoff *handoff = bench->metric->parameters;
    return token_open(bench, handoff->mechanism, sides) && start_peer(bench, handoff);
}

static bool hand_over(struct bench *bench, const struct mechanism *mechanism, uint64_t hops) {
    const struct mechanism m = *mechanism;
    for (; hops > 0; hops -= 2) {
        long result = m.pass(&sides[0]);
        if (result != 0)
            return bench_fail_result(bench, m.passing, result);
        result = m.take(&sides[0]);
        if (result != 0)
            return bench_fail_result(bench, m.taking, result);
    }
    return true;
}

static bool run(struct bench *bench, uint64_t operations) {
    const struct mechanism *mechanism =
        ((const struct handoff *)bench->metric->parameters)->mechanism;
    long result = mechanism->before_batch != NULL ? mechanism->before_batch() : 0;
    if (result != 0)
        return bench_fail_result(bench, mechanism->passing, result);
    if (!hand_over(bench, mechanism, operations))
        return false;
    result = mechanism->after_batch != NULL ? mechanism->after_batch() : 0;
    return result == 0 || bench_fail_result(bench, mechanism->taking, result);
}

static void teardown(struct bench *bench) {
    const struct handoff *handoff = bench->metric->parameters;
    batch_policy_end();
    if (threaded) {
        token_hang_up(handoff->mechanism);
        pthread_join(thread, NULL);
    }
    threaded = false;
    peer_end(&process);
    token_close();
}

#define HANDOFF(name, token_by, peer_is)                                                           \
    .id = "context." name, .version = 1, .per_turn = 2, .setup = setup, .run = run,                \
    .teardown = teardown, .parameters = &(const struct handoff) {                                  \
        .mechanism = &(token_by), .peer = (peer_is)                                                \
    }

#define TO_PROCESS(name, token_by, words)                                                          \
    HANDOFF(name, token_by, PROCESS),                                                              \
        .gate = true, .switches = 1,                                                               \
        .summary = "one hop of a token between 2 processes on one CPU, " words ", SCHED_BATCH"

static const struct metric metrics[] = {
    {
        HANDOFF("pipe_2t_0k", token_by_pipe, THREAD),
        .gate = true,
        .own_process = true,
        .summary = "one hop of a token between 2 threads on one CPU, through pipes, SCHED_BATCH",
        .entries = 2,
        .switches = 1,
        .bytes = 2,
    },
    {
        TO_PROCESS("yield_2p", token_by_yield, "in shared memory, by sched_yield(2)"),
        .entries = 1,
    },
    {
        TO_PROCESS("futex_2p", token_by_futex, "in shared memory, by FUTEX_WAKE and FUTEX_WAIT"),
        .entries = 2,
    },
    {
        TO_PROCESS("eventfd_2p", token_by_eventfd, "through eventfds"),
        .entries = 2,
        .bytes = 2 * sizeof(uint64_t),
    },
    {
        TO_PROCESS("unix_2p", token_by_unix, "through an AF_UNIX stream"),
        .entries = 2,
        .bytes = 2,
    },
    {
        HANDOFF("pipe_2p_xcpu", token_by_pipe, PROCESS_ELSEWHERE),
        .waits = true,
        .summary = "one hop of a token between 2 processes on two CPUs, through pipes",
        .entries = 2,
        .switches = 2, /* to the idle task and back */
        .bytes = 2,
    },
};

const struct family handoff_family = FAMILY(metrics);
