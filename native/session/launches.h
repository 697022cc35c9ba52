#ifndef LAUNCHES_H
#define LAUNCHES_H

#include "plan.h"
#include "words.h"

/**
 * Starts this program plan->launches times, one process after another, each with the words of the
 * plan: as many replicates in one start of a container or one boot of a kernel. They write to the
 * same place, one after another. Each has a seed of its own (order_seed()), and only the first
 * describes the environment.
 *
 * @returns the exit code of the first that failed, 128 + the number of the signal that ended it, or
 *   DONE
 */
int launch_processes(const struct plan *plan, const struct words *words);

#endif
