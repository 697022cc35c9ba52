#ifndef STAGE_H
#define STAGE_H

#include "bench.h"

/** What to do with a metric that is set up. Failures go into `bench`. */
typedef void stage_action(struct bench *bench, void *context);

/**
 * Sets up a metric, acts, and tears it down, whatever happened. If the metric asks for that, this
 * happens in a fork, whose end removes what the metric leaves in its process: threads, seccomp
 * filters.
 *
 * @param bench initialised here; like all that `act` writes, it must be in memory shared with forks
 */
void stage_metric(struct bench *bench, const struct metric *metric, stage_action *act,
                  void *context);

/** How long a metric may take for its setup and action, calls that do not return included. */
#define STAGE_LIMIT_NS 2000000000u

#endif
