#include "measure.h"

#include <errno.h>

#include "../base/clock.h"
#include "../base/limit.h"
#include "../base/marks.h"
#include "control.h"
#include "stage.h"

/**
 * The warm-up is a batch divided by this. It runs after the setup, so caches and pages are warm.
 */
#define WARM_UP_PARTS 4

/**
 * The time for all batches, as a multiple of what calibration expects. If it runs out, fewer
 * batches do.
 */
#define BUDGET_FACTOR 4u
#define MIN_BUDGET_NS 50000000u

/**
 * An interrupt is unlikely to hit all of these runs. Without one, the count is the same every time.
 */
#define COUNTING_RUNS 3

/** Batch sizes are powers of this. */
#define STEP 16u

/**
 * A metric with long turns has fewer batches. They are as steady, because they hold more
 * operations.
 */
#define MAX_INSTRUCTIONS 4000000u

struct batch {
    uint64_t wall_ns, cpu_ns, control_ns, width_ns;
};

/** The wall time of some operations, and the CPU time of all processes of the metric. */
struct span {
    uint64_t wall_ns, cpu_ns;
};

/**
 * The intervals nest: the children's CPU clocks outside, then our own, then the wall clock. So
 * cpu_ns covers all of the operations, and one clock reading more.
 */
MARKED static bool time_operations(struct bench *bench, bool (*run)(struct bench *, uint64_t),
                                   uint64_t operations, struct span *span) {
    uint64_t children = bench_participants_ns(bench);
    uint64_t own = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = wall_ns();
    /* The measured time includes the end of one reading and the beginning of the other. So one
     * whole reading lies between the marks. */
    MARK(batch_begin);
    bool done = run(bench, operations);
    uint64_t end = wall_ns();
    MARK(batch_end);
    own = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own;
    children = bench_participants_ns(bench) - children;
    *span = (struct span){.wall_ns = end - start, .cpu_ns = own + children};
    return done;
}

static bool subtract_overhead(struct bench *bench, uint64_t operations, struct span *span) {
    struct span overhead;
    if (bench->metric->overhead == NULL)
        return true;
    if (!time_operations(bench, bench->metric->overhead, operations, &overhead))
        return false;
    /* If only the overhead was interrupted, it may be longer than the batch. Such a batch says
     * nothing. */
    span->wall_ns = span->wall_ns > overhead.wall_ns ? span->wall_ns - overhead.wall_ns : 1;
    span->cpu_ns = span->cpu_ns > overhead.cpu_ns ? span->cpu_ns - overhead.cpu_ns : 0;
    return true;
}

static bool run_batch(const struct measure *measure, struct bench *bench, uint64_t operations,
                      struct batch *batch) {
    struct span span;
    bench->measured_ns = 0;
    if (!time_operations(bench, bench->metric->run, operations, &span))
        return false;
    if (bench->measured_ns > 0)
        span.wall_ns = bench->measured_ns;
    if (!subtract_overhead(bench, operations, &span))
        return false;

    uint64_t control_start = wall_ns();
    control_chain(measure->control_operations);
    uint64_t width_start = wall_ns();
    control_width(measure->width_operations);
    uint64_t end = wall_ns();
    *batch = (struct batch){
        .wall_ns = span.wall_ns,
        .cpu_ns = span.cpu_ns,
        .control_ns = width_start - control_start,
        .width_ns = end - width_start,
    };
    return true;
}

/** The minimum of a few runs: the first may meet cold caches, and any may be interrupted. */
static bool time_run(struct bench *bench, uint64_t operations, int runs, uint64_t *min_ns) {
    *min_ns = UINT64_MAX;
    for (int i = 0; i < runs; i++) {
        uint64_t start = wall_ns();
        if (!bench->metric->run(bench, operations))
            return false;
        uint64_t elapsed = wall_ns() - start;
        *min_ns = elapsed < *min_ns ? elapsed : *min_ns;
    }
    return true;
}

uint64_t whole_turns(const struct metric *metric, uint64_t operations) {
    uint64_t turns = (operations + metric->per_turn - 1) / metric->per_turn;
    return (turns > 0 ? turns : 1) * metric->per_turn;
}

/** Calibration times a batch divided by this and scales up. That is close enough and saves time. */
#define CALIBRATION_PARTS 4
#define CALIBRATION_RUNS 2

/** Doubles the operations until they take long enough to tell how long one takes. */
static bool calibrate(const struct measure *measure, struct bench *bench,
                      struct calibration *calibration) {
    uint64_t operations = bench->metric->per_turn;
    uint64_t elapsed;
    if (!time_run(bench, operations, CALIBRATION_RUNS, &elapsed))
        return false;
    while (elapsed < measure->batch_ns / CALIBRATION_PARTS) {
        operations *= 2;
        if (limit_passed())
            return bench_fail(bench, "calibration", ETIME);
        if (!time_run(bench, operations, CALIBRATION_RUNS, &elapsed))
            return false;
    }
    calibration->operation_ns = (double)elapsed / (double)operations;
    return true;
}

static bool warm_up(struct bench *bench, uint64_t operations) {
    return bench->metric->run(bench, whole_turns(bench->metric, operations / WARM_UP_PARTS));
}

/** Takes one batch in any case, then as many as wanted while there is time. */
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
        series->width_ns[series->count] = batch.width_ns;
        series->count++;
    } while (series->count < batches && wall_ns() - start < budget_ns && !limit_passed());
}

/** As many operations as make a batch long enough; 0 after bench_fail(). */
static uint64_t fitting_operations(const struct measure *measure, struct bench *bench,
                                   struct calibration *calibration) {
    if (calibration->operation_ns <= 0 && !calibrate(measure, bench, calibration))
        return 0;
    double fitting = (double)measure->batch_ns / calibration->operation_ns;
    return whole_turns(bench->metric, (uint64_t)fitting + 1);
}

static void measure_quick(const struct measure *measure, struct bench *bench,
                          struct calibration *calibration, struct series *series) {
    series->operations = fitting_operations(measure, bench, calibration);
    if (series->operations == 0)
        return;
    double batch_ns = (double)series->operations * calibration->operation_ns;
    uint64_t budget = BUDGET_FACTOR * (uint64_t)batch_ns * measure->batches;
    budget = budget > MIN_BUDGET_NS ? budget : MIN_BUDGET_NS;
    limit_metric(STAGE_LIMIT_NS + budget);
    if (warm_up(bench, series->operations))
        take_batches(measure, bench, measure->batches, budget, series);
}

static void measure_slow(const struct measure *measure, struct bench *bench,
                         struct series *series) {
    series->operations = bench->metric->per_turn;
    take_batches(measure, bench, 1, UINT64_MAX, series);
}

/** For tracers, which count what the operations do: runs nothing else. */
static void measure_given(const struct measure *measure, struct bench *bench,
                          struct series *series) {
    series->operations = whole_turns(bench->metric, measure->operations);
    limit_metric(UINT64_MAX);
    take_batches(measure, bench, measure->batches, UINT64_MAX, series);
}

/** Counts the instructions of a batch without operations. */
static bool take_empty_runs(struct bench *bench, struct series *series, uint64_t *min_ns) {
    *min_ns = UINT64_MAX;
    for (; series->empty_runs < COUNTING_RUNS; series->empty_runs++) {
        struct span span;
        if (!time_operations(bench, bench->metric->run, 0, &span))
            return false;
        *min_ns = span.wall_ns < *min_ns ? span.wall_ns : *min_ns;
    }
    return true;
}

/**
 * Chooses a power of 16 times a turn. Some instructions at the start of a loop cannot be
 * subtracted. With powers of 16, they are the same share of the count in two kernels, unless one
 * kernel needs a multiple of the other's instructions.
 */
static uint64_t operations_for(const struct measure *measure, const struct metric *metric,
                               uint64_t turn_instructions) {
    uint64_t operations = metric->per_turn;
    for (uint64_t next = STEP * turn_instructions; next <= measure->batch_ns; next *= STEP)
        operations *= STEP;
    return operations;
}

/**
 * For a clock that counts instructions (QEMU's -icount). No batch is noisy, so short ones suffice.
 * The count of an empty batch is subtracted, so the count per operation does not depend on their
 * number.
 */
static void measure_instructions(const struct measure *measure, struct bench *bench,
                                 struct series *series) {
    uint64_t turn, empty;
    limit_metric(UINT64_MAX);
    if (!time_run(bench, bench->metric->per_turn, COUNTING_RUNS, &turn) ||
        !take_empty_runs(bench, series, &empty))
        return;
    turn = turn > empty ? turn - empty : 1;
    series->operations = operations_for(measure, bench->metric, turn);
    bool warm = series->operations == bench->metric->per_turn;
    if (!warm && !bench->metric->run(bench, series->operations))
        return;
    take_batches(measure, bench, measure->batches, MAX_INSTRUCTIONS, series);
    for (uint64_t i = 0; i < series->count; i++)
        series->wall_ns[i] = series->wall_ns[i] > empty ? series->wall_ns[i] - empty : 1;
}

static void count_events(const struct measure *measure, struct bench *bench,
                         struct series *series) {
    uint64_t start = wall_ns();
    series->operations = bench->metric->per_turn;
    do {
        if (!bench->metric->count(bench, series->operations, &series->events[series->count]))
            return;
        series->count++;
    } while (series->count < measure->batches && wall_ns() - start < MIN_BUDGET_NS);
}

/** The arguments of measure_metric(). */
struct task {
    const struct measure *measure;
    struct calibration *calibration;
    struct series *series;
};

static void measure_set_up(struct bench *bench, void *context) {
    const struct task *task = context;
    const struct metric *metric = bench->metric;
    if (metric->unit == UNIT_COUNT)
        count_events(task->measure, bench, task->series);
    else if (task->measure->operations > 0)
        measure_given(task->measure, bench, task->series);
    else if (task->measure->instructions)
        measure_instructions(task->measure, bench, task->series);
    else if (metric->slow)
        measure_slow(task->measure, bench, task->series);
    else
        measure_quick(task->measure, bench, task->calibration, task->series);
    if (metric->inspect != NULL && bench->failure.operation == NULL)
        metric->inspect(bench);
}

MARKED void measure_metric(const struct measure *measure, const struct metric *metric,
                           struct calibration *calibration, struct bench *bench,
                           struct series *series) {
    MARK(round);
    struct task task = {measure, calibration, series};
    uint64_t start = wall_ns();
    series->count = 0;
    series->empty_runs = 0;
    stage_metric(bench, metric, measure_set_up, &task);
    series->elapsed_ns = wall_ns() - start;
}
