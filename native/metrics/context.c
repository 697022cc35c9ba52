#include <stddef.h>

#include "../harness/bench.h"
#include "../workload/ring.h"
#include "families.h"

/** The current ring. There is one at a time. */
static struct ring ring = RING_CLOSED;

/** What context.pipe_2p_0k_net subtracts. */
static struct ring own_pipe = RING_CLOSED;

static const struct ring_shape alone = {1, 0, false};
static const struct ring_shape pair = {2, 0, false};

static bool setup(struct bench *bench) {
    const struct ring_shape *shape = bench->metric->parameters;
    return ring_open(bench, &ring, *shape);
}

static bool setup_net(struct bench *bench) {
    return ring_open(bench, &own_pipe, alone) && setup(bench);
}

static bool run(struct bench *bench, uint64_t operations) {
    return ring_run(bench, &ring, operations);
}

/**
 * Passes the token through the process's own pipe: a hop without its switch, as LMbench does it.
 */
static bool run_own_pipe(struct bench *bench, uint64_t operations) {
    return ring_run(bench, &own_pipe, operations);
}

static void teardown(struct bench *bench) {
    (void)bench;
    ring_close(&ring);
    ring_close(&own_pipe);
}

#define RING_METRIC(name, ring_shape)                                                              \
    .id = "context." name, .version = 1, .bytes = 2, .parameters = &(ring_shape), .run = run,      \
    .teardown = teardown

#define WALKING(processes, kilobytes, walk)                                                        \
    RING_METRIC("ring_" #processes "p_" #kilobytes "k",                                            \
                ((const struct ring_shape){(processes), (kilobytes)*1024, true})),                 \
        .summary = "one hop of a token round " #processes " processes " walk ", SCHED_BATCH",      \
        .gate = true, .entries = 2, .switches = 1, .per_turn = (processes), .setup = setup

static const struct metric metrics[] = {
    {
        RING_METRIC("pipe_self", alone),
        .gate = true,
        .summary = "1 byte written to and read from the process's own pipe, no switch",
        .entries = 2,
        .per_turn = 1,
        .setup = setup,
    },
    {
        RING_METRIC("pipe_2p_0k", pair),
        .gate = true,
        .summary = "one hop of a token between 2 processes on one CPU, through pipes",
        .entries = 2,
        .switches = 1,
        .per_turn = 2,
        .setup = setup,
    },
    {
        RING_METRIC("pipe_2p_0k_net", pair),
        .summary = "context.pipe_2p_0k less the same bytes through the process's own pipe",
        .entries = 4, /* two of them are subtracted */
        .switches = 1,
        .per_turn = 2,
        .setup = setup_net,
        .overhead = run_own_pipe,
    },
    {WALKING(2, 0, "on one CPU")},
    {WALKING(2, 16, "that each walk 16 KB")},
    {WALKING(2, 64, "that each walk 64 KB")},
    {WALKING(8, 0, "on one CPU")},
    {WALKING(8, 16, "that each walk 16 KB")},
    {WALKING(8, 64, "that each walk 64 KB")},
    {WALKING(16, 0, "on one CPU")},
    {WALKING(16, 16, "that each walk 16 KB")},
    {WALKING(16, 64, "that each walk 64 KB")},
};

const struct family context_family = FAMILY(metrics);
