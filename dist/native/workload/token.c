#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/limit.h"
#include "../base/raw_call.h"
#include "scratch.h"

/** Neither side has the token, and the peer sleeps. */
enum { RESTING = 2 };

/** A token in shared memory. */
struct shared {
    _Atomic uint32_t holder;  /* the side that has the token, or RESTING */
    _Atomic uint32_t resting; /* set once the peer sleeps */
};

enum { MAX_OPENED = 4 };

/** What is open. There is one token at a time. */
static int opened[MAX_OPENED] = {-1, -1, -1, -1};
static void *mapping = MAP_FAILED;
static struct shared *shared;

static bool open_pipes(struct bench *bench) {
    return (pipe2(&opened[0], O_CLOEXEC) == 0 && pipe2(&opened[2], O_CLOEXEC) == 0) ||
           bench_fail(bench, "pipe", errno);
}

static bool open_eventfds(struct bench *bench) {
    for (int i = 0; i < 2; i++)
        if ((opened[i] = eventfd(0, EFD_CLOEXEC)) < 0)
            return bench_fail(bench, "eventfd", errno);
    return true;
}

static bool open_unix(struct bench *bench) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, opened) == 0 ||
           bench_fail(bench, "socketpair(AF_UNIX)", errno);
}

/** The memory is zero, so side 0 has the token. */
static bool open_shared(struct bench *bench) {
    mapping = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    shared = mapping;
    return mapping != MAP_FAILED || bench_fail(bench, "mmap(MAP_SHARED)", errno);
}

static bool open_resting(struct bench *bench) {
    if (!open_shared(bench))
        return false;
    atomic_store(&shared->holder, RESTING);
    return true;
}

/** Turns the result of read(2) or write(2) into 0 or a negative errno; an end of file is -EPIPE. */
static long outcome(const struct side *side, long result) {
    if (result == (long)side->size)
        return 0;
    return result < 0 ? result : -EPIPE;
}

static long write_token(const struct side *side) {
    const uint64_t token = 1; /* an eventfd adds it to its count */
    return outcome(side, raw_call(SYS_write, side->send, (long)&token, (long)side->size, 0, 0, 0));
}

static long read_token(const struct side *side) {
    uint64_t token;
    return outcome(side,
                   raw_call(SYS_read, side->receive, (long)&token, (long)side->size, 0, 0, 0));
}

static void give_to_other(const struct side *side) {
    atomic_store(&shared->holder, 1 - side->number);
}

/** It is no error if nobody waits: the other side will look at the token before it sleeps. */
static long wake(void) {
    long woken = raw_call(SYS_futex, (long)&shared->holder, FUTEX_WAKE, 1, 0, 0, 0);
    return woken < 0 ? woken : 0;
}

static long sleep_while(uint32_t holder) {
    long result = raw_call(SYS_futex, (long)&shared->holder, FUTEX_WAIT, holder, 0, 0, 0);
    return result == -EAGAIN ? 0 : result; /* the holder changed before the call */
}

static long give_and_wake(const struct side *side) {
    give_to_other(side);
    return wake();
}

/**
 * Waits before it looks. So a hop is two calls, even if a tracer delays this side until the token
 * is back.
 */
static long sleep_until_own(const struct side *side) {
    long result;
    do
        result = sleep_while(1 - side->number);
    while (result == 0 && atomic_load(&shared->holder) != side->number);
    return result;
}

/** Checks the metric's limit, because nothing interrupts a loop that never blocks. */
static long yield(void) {
    long result = raw_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    return result == 0 && limit_passed() ? -ETIME : result;
}

static long give(const struct side *side) {
    give_to_other(side);
    return 0;
}

static long take_rest(void) {
    atomic_store(&shared->resting, 1);
    long result = sleep_while(RESTING);
    atomic_store(&shared->resting, 0);
    return result;
}

static long yield_until_own(const struct side *side) {
    uint32_t holder;
    while ((holder = atomic_load(&shared->holder)) != side->number) {
        long result = holder == RESTING ? take_rest() : yield();
        if (result != 0)
            return result;
    }
    return 0;
}

static long wake_yielder(void) {
    atomic_store(&shared->holder, 0);
    return wake();
}

static long rest_yielder(void) {
    long result = 0;
    atomic_store(&shared->holder, RESTING);
    while (result == 0 && atomic_load(&shared->resting) == 0)
        result = yield();
    return result;
}

const struct mechanism token_by_pipe = {
    .open = open_pipes,
    .pass = write_token,
    .take = read_token,
    .passing = "write(pipe)",
    .taking = "read(pipe)",
    .size = 1,
    .send = {1, 3},
    .receive = {2, 0},
};

const struct mechanism token_by_eventfd = {
    .open = open_eventfds,
    .pass = write_token,
    .take = read_token,
    .passing = "write(eventfd)",
    .taking = "read(eventfd)",
    .size = sizeof(uint64_t),
    .send = {0, 1},
    .receive = {1, 0},
};

const struct mechanism token_by_unix = {
    .open = open_unix,
    .pass = write_token,
    .take = read_token,
    .passing = "write(AF_UNIX)",
    .taking = "read(AF_UNIX)",
    .size = 1,
    .send = {0, 1},
    .receive = {0, 1},
};

const struct mechanism token_by_futex = {
    .open = open_shared,
    .pass = give_and_wake,
    .take = sleep_until_own,
    .passing = "futex(FUTEX_WAKE)",
    .taking = "futex(FUTEX_WAIT)",
};

const struct mechanism token_by_yield = {
    .open = open_resting,
    .pass = give,
    .take = yield_until_own,
    .before_batch = wake_yielder,
    .after_batch = rest_yielder,
    .passing = "sched_yield",
    .taking = "sched_yield",
};

bool token_open(struct bench *bench, const struct mechanism *mechanism, struct side sides[2]) {
    if (!mechanism->open(bench))
        return false;
    for (uint32_t i = 0; i < 2; i++)
        sides[i] = (struct side){
            .number = i,
            .send = opened[mechanism->send[i]],
            .receive = opened[mechanism->receive[i]],
            .size = mechanism->size,
        };
    return true;
}

void token_hang_up(const struct mechanism *mechanism) {
    scratch_close(&opened[mechanism->send[0]]);
}

void token_close(void) {
    for (int i = 0; i < MAX_OPENED; i++)
        scratch_close(&opened[i]);
    if (mapping != MAP_FAILED)
        munmap(mapping, sizeof *shared);
    mapping = MAP_FAILED;
}
