#ifndef STAGE_H
#define STAGE_H

#include "bench.h"

/** What is done with a metric once it is set up; failures go into `bench`. */
typedef void performance(struct bench *bench, void *context);

/**
 * Sets a metric up, acts, and tears it down, whatever came of it; where the metric asks for that,
 * in a fork of this process, which takes along what the metric leaves in it: threads, seccomp
 * filters.
 *
 * @param bench initialised here; like everything that `act` writes, in memory that this process
 *              shares with its forks
 */
void stage_metric(struct bench *bench, const struct metric *metric, performance *act,
                  void *context);

/** How long a metric may set up and act, and how long a call that does not return is waited for. */
#define STAGE_LIMIT_NS 2000000000u

#endif
