#ifndef BATCH_POLICY_H
#define BATCH_POLICY_H

#include <stdbool.h>

#include "../harness/bench.h"

/**
 * Puts this thread, and those that it will start, under SCHED_BATCH.
 *
 * Without it a process that wakes the next one is sometimes preempted by it at once and must be
 * switched to once more, only to block: 1.1 to 1.4 switches a hop in a ring of 8, by chance. Under
 * SCHED_BATCH a wake-up preempts nobody (sched(7)), so a hop is one switch, and launches differ by
 * half as much. Any other policy than the default is the caller's choice and stays.
 *
 * @returns false after bench_fail()
 */
bool batch_policy_begin(struct bench *bench);

/** Goes back to the policy before; nothing when batch_policy_begin() changed nothing. */
void batch_policy_end(void);

#endif
