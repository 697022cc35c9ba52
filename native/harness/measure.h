#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

#include "bench.h"

#define MAX_BATCHES 10000u

/**
 * The batches of one metric in one round: times of whole batches, in the order they were measured.
 */
struct series {
    uint64_t operations; /* in each batch */
    uint64_t count;
    uint64_t
        empty_runs; /* batches without operations, before the others; their minimum is subtracted */
    uint64_t elapsed_ns; /* from the setup to the teardown */
    uint64_t wall_ns[MAX_BATCHES];
    uint64_t cpu_ns[MAX_BATCHES];     /* CPU time of all processes of the metric */
    uint64_t control_ns[MAX_BATCHES]; /* of the batch of the control chain right after it */
    uint64_t width_ns[MAX_BATCHES];   /* of the batch of the wide control loop after that */
    uint64_t events[MAX_BATCHES];     /* instead of times, if the metric counts */
};

/** How long an operation takes: measured in the first round that works, kept for later rounds. */
struct calibration {
    double operation_ns; /* 0: not yet known */
};

/** Settings for all metrics of a round. */
struct measure {
    uint64_t batches;
    uint64_t batch_ns;   /* the shortest time of a batch */
    uint64_t operations; /* of every batch; 0: as many as batch_ns needs */
    bool instructions;   /* the clock counts instructions: see measure_instructions() */
    uint64_t control_operations;
    uint64_t width_operations;
};

/** Rounds up to whole turns, at least one. */
uint64_t whole_turns(const struct metric *metric, uint64_t operations);

/**
 * Sets up one metric, measures it once, and tears it down.
 *
 * `calibration`, `bench` and `series` must be in memory that this process shares with its forks,
 * because metrics with `own_process` are measured in a fork.
 *
 * @param bench receives a failure; initialised here
 * @param series receives the batches: fewer than asked for if the metric's time runs out, and none
 *   only if bench->failure says why
 */
void measure_metric(const struct measure *measure, const struct metric *metric,
                    struct calibration *calibration, struct bench *bench, struct series *series);

#endif
