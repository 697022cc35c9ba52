#ifndef BATCH_POLICY_H
#define BATCH_POLICY_H

#include <stdbool.h>

#include "../harness/bench.h"

/**
 * Puts this thread, and those that it will start, under SCHED_BATCH.
 *
 * Without it, a process that wakes another is sometimes preempted at once. It must then be switched
 * to once more, only to block: 1.1 to 1.4 switches per hop in a ring of 8, by chance. Under
 * SCHED_BATCH a wake-up preempts nobody (sched(7)), so a hop is one switch, and launches differ by
 * half as much. If the caller runs under any policy but the default, that policy stays.
 *
 * @returns false after bench_fail()
 */
bool batch_policy_begin(struct bench *bench);

/** Restores the previous policy if batch_policy_begin() changed it. */
void batch_policy_end(void);

#endif
