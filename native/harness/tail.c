#include "tail.h"

#include <stdlib.h>

#include "../base/clock.h"
#include "../base/limit.h"
#include "measure.h"
#include "stage.h"

/** For the samples of one metric. */
#define SAMPLING_NS 20000000u

/** Before them, and as long as what the counters count. */
#define WARM_UP_NS 500000u

/** The arguments of tail_measure(). */
struct order {
    const struct cycle_clock *clock;
    const struct counters *counters;
    uint64_t samples;
    struct tail *tail;
};

bool tail_has(const struct metric *metric) {
    return metric->unit == UNIT_NS && !metric->slow && metric->overhead == NULL;
}

/** Runs turns for a while; 0 after a failure, else how many operations that were. */
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
    const struct order *order = context;
    uint64_t operations = warm_up(bench);
    order->tail->operations = bench->metric->per_turn;
    if (operations > 0 &&
        (order->clock->failure.operation != NULL || sample(bench, order->samples, order->tail)))
        count(order->counters, bench, operations, order->tail);
}

void tail_measure(const struct cycle_clock *clock, const struct counters *counters,
                  const struct metric *metric, uint64_t samples, struct bench *bench,
                  struct tail *tail) {
    struct order order = {clock, counters, samples, tail};
    tail->count = 0;
    for (int i = 0; i < COUNTERS; i++)
        tail->counted[i] = false;
    stage_metric(bench, metric, measure_set_up, &order);
}

double tail_quantile_ns(const struct tail *tail, const struct cycle_clock *clock, double share) {
    double exact = share * (double)tail->count;
    uint64_t rank = (uint64_t)exact;
    rank += (double)rank < exact; /* rounded up, without the mathematical library */
    uint64_t ticks = tail->ticks[rank > 0 ? rank - 1 : 0];
    return (double)ticks * 1e9 / clock->hz / (double)tail->operations;
}
