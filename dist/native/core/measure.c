#include "measure.h"

#include <errno.h>

#include "clock.h"
#include "control.h"
#include "limit.h"

/** After the setup and calibration, before the batches that count. */
#define WARM_UP_BATCHES 2

/** For setting up and calibrating, and for a call that does not return: interrupted after that. */
#define METRIC_LIMIT_NS 2000000000u

/** Batches may take so much longer than at calibration, then fewer have to do. */
#define BUDGET_FACTOR 4u
#define LEAST_BUDGET_NS 50000000u

struct batch {
    uint64_t wall_ns, cpu_ns, control_ns;
};

/**
 * The children's CPU clocks are read outside the own one's interval, and that outside the wall's:
 * cpu_ns lacks nothing of the batch and exceeds it by one clock reading.
 */
static bool run_batch(const struct measure *measure, struct bench *bench, uint64_t operations,
                      struct batch *batch) {
    uint64_t children = bench_participants_ns(bench);
    uint64_t own = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = wall_ns();
    bool done = bench->metric->run(bench, operations);
    uint64_t end = wall_ns();
    own = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own;
    children = bench_participants_ns(bench) - children;
    if (!done)
        return false;

    uint64_t control_start = wall_ns();
    control_chain(measure->control_operations);
    *batch = (struct batch){
        .wall_ns = end - start,
        .cpu_ns = own + children,
        .control_ns = wall_ns() - control_start,
    };
    return true;
}

/** The quicker of two runs: the first may meet cold caches, either may be interrupted. */
static bool time_run(struct bench *bench, uint64_t operations, uint64_t *least) {
    *least = UINT64_MAX;
    for (int i = 0; i < 2; i++) {
        uint64_t start = wall_ns();
        if (!bench->metric->run(bench, operations))
            return false;
        uint64_t elapsed = wall_ns() - start;
        *least = elapsed < *least ? elapsed : *least;
    }
    return true;
}

static uint64_t whole_turns(const struct metric *metric, uint64_t operations) {
    uint64_t turns = (operations + metric->per_turn - 1) / metric->per_turn;
    return (turns > 0 ? turns : 1) * metric->per_turn;
}

/** Doubles the batch until it is long enough. */
static bool calibrate(const struct measure *measure, struct bench *bench,
                      struct calibration *calibration) {
    uint64_t operations = bench->metric->per_turn;
    uint64_t elapsed;
    if (!time_run(bench, operations, &elapsed))
        return false;
    while (elapsed < measure->batch_ns) {
        operations *= 2;
        if (limit_passed())
            return bench_fail(bench, "calibration", ETIME);
        if (!time_run(bench, operations, &elapsed))
            return false;
    }
    calibration->operation_ns = (double)elapsed / (double)operations;
    return true;
}

static bool warm_up(const struct measure *measure, struct bench *bench, uint64_t operations) {
    struct batch discarded;
    for (int i = 0; i < WARM_UP_BATCHES; i++)
        if (!run_batch(measure, bench, operations, &discarded))
            return false;
    return true;
}

/** Takes one batch whatever the time, then as many as were asked for while there is time. */
static void take_batches(const struct measure *measure, struct bench *bench, uint64_t batches,
                         uint64_t budget_ns, struct series *series) {
    uint64_t start = wall_ns();
    do {
        struct batch batch;
        if (!run_batch(measure, bench, series->operations, &batch))
            return;
        series->wall_ns[series->count] = batch.wall_ns;
        series->cpu_ns[series->count] = batch.cpu_ns;
        series->control_ns[series->count] = batch.control_ns;
        series->count++;
    } while (series->count < batches && wall_ns() - start < budget_ns && !limit_passed());
}

static void measure_quick(const struct measure *measure, struct bench *bench,
                          struct calibration *calibration, struct series *series) {
    if (calibration->operation_ns <= 0 && !calibrate(measure, bench, calibration))
        return;
    double fitting = (double)measure->batch_ns / calibration->operation_ns;
    series->operations = whole_turns(bench->metric, (uint64_t)fitting + 1);
    double batch_ns = (double)series->operations * calibration->operation_ns;
    uint64_t budget = BUDGET_FACTOR * (uint64_t)batch_ns * measure->batches;
    budget = budget > LEAST_BUDGET_NS ? budget : LEAST_BUDGET_NS;
    limit_metric(METRIC_LIMIT_NS + budget);
    if (warm_up(measure, bench, series->operations))
        take_batches(measure, bench, measure->batches, budget, series);
}

static void measure_slow(const struct measure *measure, struct bench *bench,
                         struct series *series) {
    series->operations = bench->metric->per_turn;
    take_batches(measure, bench, 1, UINT64_MAX, series);
}

static void measure_set_up(const struct measure *measure, struct bench *bench,
                           struct calibration *calibration, struct series *series) {
    const struct metric *metric = bench->metric;
    if (limit_passed())
        bench_fail(bench, "start", ETIME);
    else if (metric->setup != NULL && !metric->setup(bench))
        return;
    else if (metric->slow)
        measure_slow(measure, bench, series);
    else
        measure_quick(measure, bench, calibration, series);
}

void measure_metric(const struct measure *measure, const struct metric *metric,
                    struct calibration *calibration, struct bench *bench, struct series *series) {
    *bench = (struct bench){.metric = metric};
    series->count = 0;
    limit_metric(METRIC_LIMIT_NS);
    measure_set_up(measure, bench, calibration, series);
    if (metric->teardown != NULL)
        metric->teardown(bench);
    limit_metric_done();
}
