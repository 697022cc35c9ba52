#ifndef TRACED_H
#define TRACED_H

#include <stdint.h>
#include <sys/types.h>

#include "../harness/bench.h"

/**
 * A peer that stops at each of its system calls, so that they can be counted (ptrace(2)). It needs
 * no privilege, because the peer asks to be traced.
 */
struct traced {
    pid_t peer; /* 0 while there is none */
};

/**
 * Forks a peer that repeats `work`, and stops it before the first time.
 *
 * @param work what is counted; it records a failure in `bench`, then the peer ends
 * @returns false after bench_fail()
 */
bool traced_start(struct bench *bench, struct traced *traced, bool (*work)(struct bench *bench));

/**
 * Lets the peer do its work once.
 *
 * @param calls system calls that it entered
 * @returns false after bench_fail()
 */
bool traced_count(struct bench *bench, struct traced *traced, uint64_t *calls);

/** Ends the peer and waits until it is gone. */
void traced_end(struct traced *traced);

#endif
