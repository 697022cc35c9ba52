#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

#include "bench.h"

#define MAX_BATCHES 10000u

/** The batches of one metric and round: whole-batch times in ns, in the order they were taken. */
struct series {
    uint64_t operations; /* in each batch */
    uint64_t count;
    uint64_t empty_runs; /* of no operations, ahead of the batches: the least is taken off them */
    uint64_t elapsed_ns; /* from before the setup until after the teardown */
    uint64_t wall_ns[MAX_BATCHES];
    uint64_t cpu_ns[MAX_BATCHES];     /* of all participants, over the same interval */
    uint64_t control_ns[MAX_BATCHES]; /* of the control batch right after it */
    uint64_t width_ns[MAX_BATCHES];   /* of the batch of the wide loop after that */
    uint64_t events[MAX_BATCHES];     /* instead of times, where the metric counts */
};

/** What an operation takes: found in the first round that works, kept for the others. */
struct calibration {
    double operation_ns; /* 0: not yet known */
};

/** What is the same for all metrics of a round. */
struct measure {
    uint64_t batches;
    uint64_t batch_ns;   /* the least a batch may take */
    uint64_t operations; /* of every batch; 0: as many as make it long enough */
    bool instructions;   /* the clock counts them: see measure_instructions() */
    uint64_t control_operations;
    uint64_t width_operations;
};

/** The least number of operations that is `operations` or more and ends with a whole turn. */
uint64_t whole_turns(const struct metric *metric, uint64_t operations);

/**
 * Sets one metric up, measures it once, and tears it down.
 *
 * `calibration`, `bench` and `series` have to be in memory that this process shares with its forks:
 * there is where metrics with `own_process` are measured.
 *
 * @param bench where a failure is noted; initialised here
 * @param series where the batches go: fewer than asked for when the metric's time is over, never
 *               none unless bench->failure says why
 */
void measure_metric(const struct measure *measure, const struct metric *metric,
                    struct calibration *calibration, struct bench *bench, struct series *series);

#endif
