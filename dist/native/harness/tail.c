#include "tail.h"

#include <stdlib.h>

#include "../base/clock.h"
#include "../base/limit.h"
#include "measure.h"
#include "stage.h"

/** Time for the samples of one metric. */
#define SAMPLING_NS 20000000u

/** Warm-up before the samples. The counters count as many operations as fit into this time. */
#define WARM_UP_NS 500000u

/** The arguments of tail_measure(). */
struct task {
    const struct cycle_clock *clock;
    const struct counters *counters;
    uint64_t samples;
    struct tail *tail;
};

bool tail_has(const struct metric *metric) {
    return metric->unit == UNIT_NS && !metric->slow && metric->overhead == NULL;
}

/** Runs turns for a while and returns how many operations they were; 0 after bench_fail(). */
static uint64_t warm_up(struct bench *bench) {
    uint64_t operations = 0;
    uint64_t start = wall_ns();
    do {
        if (!bench->metric->run(bench, bench->metric->per_turn))
            return 0;
        operations += bench->metric->per_turn;
    } while (wall_ns() - start < WARM_UP_NS && !limit_passed());
    return operations;
}

static int compare(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static bool sample(struct bench *bench, uint64_t samples, struct tail *tail) {
    uint64_t start = wall_ns();
    do {
        uint64_t before = cycle_clock_read();
        if (!bench->metric->run(bench, tail->operations))
            return false;
        tail->ticks[tail->count++] = cycle_clock_read() - before;
    } while (tail->count < samples && wall_ns() - start < SAMPLING_NS && !limit_passed());
    qsort(tail->ticks, tail->count, sizeof tail->ticks[0], compare);
    return true;
}

static bool read_all(const struct counters *counters, uint64_t *values, bool *valid) {
    bool any = false;
    for (int i = 0; i < COUNTERS; i++) {
        valid[i] = counter_read(counters, (enum counter)i, &values[i]);
        any = any || valid[i];
    }
    return any;
}

static bool count(const struct counters *counters, struct bench *bench, uint64_t operations,
                  struct tail *tail) {
    uint64_t before[COUNTERS];
    uint64_t after[COUNTERS];
    bool valid[COUNTERS];
    if (!read_all(counters, before, valid))
        return true;
    if (!bench->metric->run(bench, operations))
        return false;
    read_all(counters, after, tail->counted);
    for (int i = 0; i < COUNTERS; i++) {
        tail->counted[i] = tail->counted[i] && valid[i];
        if (tail->counted[i])
            tail->counters[i] = (double)(after[i] - before[i]) / (double)operations;
    }
    return true;
}

static void measure_set_up(struct bench *bench, void *context) {
    const struct task *task = context;
    uint64_t operations = warm_up(bench);
    task->tail->operations = bench->metric->per_turn;
    if (operations > 0 &&
        (task->clock->failure.operation != NULL || sample(bench, task->samples, task->tail)))
        count(task->counters, bench, operations, task->tail);
}

void tail_measure(const struct cycle_clock *clock, const struct counters *counters,
                  const struct metric *metric, uint64_t samples, struct bench *bench,
                  struct tail *tail) {
    struct task task = {clock, counters, samples, tail};
    tail->count = 0;
    for (int i = 0; i < COUNTERS; i++)
        tail->counted[i] = false;
    stage_metric(bench, metric, measure_set_up, &task);
}

double tail_quantile_ns(const struct tail *tail, const struct cycle_clock *clock, double share) {
    double exact = share * (double)tail->count;
    uint64_t rank = (uint64_t)exact;
    rank += (double)rank < exact; /* rounded up without the mathematical library */
    uint64_t ticks = tail->ticks[rank > 0 ? rank - 1 : 0];
    return (double)ticks * 1e9 / clock->hz / (double)tail->operations;
}
