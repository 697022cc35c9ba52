#include "ring.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/peer.h"
#include "batch_policy.h"
#include "scratch.h"

enum { PAGE = 4096 };

static _Alignas(PAGE) uint64_t working_set[MAX_RING_WORKING_SET / sizeof(uint64_t)];

static void walk(size_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes / sizeof working_set[0]; i++)
        sum += working_set[i];
    __asm__ volatile("" : : "r"(sum));
}

/** Writing gives a forked process its own pages instead of its parent's. */
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

/** Ends when a neighbour is gone, so no process outlives the ring. */
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
 * Forks the process that receives from `receive_end`, and sets `receive_end` to what that process
 * sends. No process keeps an end that is not its own, and the probe holds at most four descriptors.
 * So if a process dies with the token, the next one reads an end of file and does not wait.
 */
static bool grow(struct bench *bench, struct ring *ring) {
    int next[2];
    if (pipe(next) != 0)
        return bench_fail(bench, "pipe", errno);
    pid_t peer = peer_fork(bench);
    if (peer == 0) {
        close(ring->send_end);
        close(next[0]);
        serve(ring->receive_end, next[1], ring->shape.working_set);
    }
    close(next[1]);
    scratch_close(&ring->receive_end);
    ring->receive_end = next[0];
    ring->peers[ring->peer_count++] = peer;
    return peer > 0;
}

static bool open_pipe(struct bench *bench, struct ring *ring) {
    int ends[2];
    if (pipe(ends) != 0)
        return bench_fail(bench, "pipe", errno);
    ring->receive_end = ends[0];
    ring->send_end = ends[1];
    return true;
}

bool ring_open(struct bench *bench, struct ring *ring, struct ring_shape shape) {
    *ring = (struct ring)RING_CLOSED;
    ring->shape = shape;
    touch(shape.working_set);
    if (shape.batch && !batch_policy_begin(bench))
        return false;
    if (!open_pipe(bench, ring))
        return false;
    for (unsigned i = 1; i < shape.processes; i++)
        if (!grow(bench, ring))
            return false;
    return true;
}

bool ring_run(struct bench *bench, const struct ring *ring, uint64_t hops) {
    const struct ring r = *ring; /* a local copy stays in registers */
    for (; hops > 0; hops -= r.shape.processes) {
        walk(r.shape.working_set);
        long result = pass_token(r.send_end);
        if (result != 1)
            return bench_fail_result(bench, "write(pipe)", result);
        result = take_token(r.receive_end);
        if (result != 1)
            return bench_fail_result(bench, "read(pipe)", result == 0 ? -EPIPE : result);
    }
    return true;
}

void ring_close(struct ring *ring) {
    batch_policy_end();
    scratch_close(&ring->send_end);
    scratch_close(&ring->receive_end);
    while (ring->peer_count > 0)
        peer_end(&ring->peers[--ring->peer_count]);
}
