#ifndef LAUNCHES_H
#define LAUNCHES_H

#include "plan.h"
#include "words.h"

/**
 * Starts this program plan->launches times, one process after another, with the words of the plan.
 * So one start of a container or one boot of a kernel gives several replicates. Their results
 * follow each other. Each process has its own seed (order_seed()), and only the first describes the
 * environment.
 *
 * @returns DONE, or the exit code of the first process that failed: 128 + the signal's number if a
 *   signal ended it
 */
int launch_processes(const struct plan *plan, const struct words *words);

#endif
