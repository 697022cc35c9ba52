#ifndef TAIL_H
#define TAIL_H

#include <stdint.h>

#include "bench.h"
#include "counters.h"
#include "cycle_clock.h"

#define MAX_TAIL_SAMPLES 100000u

/** Times of single operations of one metric, or of single turns if operations come in turns. */
struct tail {
    uint64_t operations; /* in each sample; its time is divided by them */
    uint64_t count;
    uint64_t ticks[MAX_TAIL_SAMPLES]; /* of each sample, in ascending order */
    bool counted[COUNTERS];
    double counters[COUNTERS]; /* per operation */
};

/** Whether single operations of a metric can be timed: not those of slow or counting metrics. */
bool tail_has(const struct metric *metric);

/**
 * Times single operations, at most `samples` of them and for at most 20 ms.
 *
 * @param bench receives a failure; initialised here, in memory shared with forks like `tail`
 */
void tail_measure(const struct cycle_clock *clock, const struct counters *counters,
                  const struct metric *metric, uint64_t samples, struct bench *bench,
                  struct tail *tail);

/**
 * A quantile of the samples by nearest rank (Hyndman and Fan 1996, definition 1), in ns per
 * operation, the cost of a reading included.
 */
double tail_quantile_ns(const struct tail *tail, const struct cycle_clock *clock, double share);

#endif
