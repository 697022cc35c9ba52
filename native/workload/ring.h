#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../harness/bench.h"

/**
 * Context switches as in LMbench's lat_ctx (McVoy and Staelin, USENIX 1996). A token goes round a
 * ring of processes through pipes. Each process sums its working set before it passes the token on.
 * The processes inherit the CPU that the probe is pinned to, so every hop is one switch.
 */
enum { MAX_RING_PROCESSES = 16, MAX_RING_WORKING_SET = 64 * 1024 };

struct ring_shape {
    unsigned processes;   /* the probe is one of them */
    unsigned working_set; /* bytes of each */
    bool batch;           /* under SCHED_BATCH */
};

struct ring {
    struct ring_shape shape;
    int send_end;    /* to the first peer */
    int receive_end; /* from the last */
    pid_t peers[MAX_RING_PROCESSES];
    unsigned peer_count;
};

#define RING_CLOSED                                                                                \
    { .send_end = -1, .receive_end = -1 }

/**
 * Forks the ring's peers. Call ring_close() after a failure too.
 *
 * @returns false after bench_fail()
 */
bool ring_open(struct bench *bench, struct ring *ring, struct ring_shape shape);

/**
 * Passes the token from process to process.
 *
 * @param hops a multiple of the ring's processes
 * @returns false after bench_fail()
 */
bool ring_run(struct bench *bench, const struct ring *ring, uint64_t hops);

/** Ends the peers. Does nothing if the ring is closed. */
void ring_close(struct ring *ring);

#endif
