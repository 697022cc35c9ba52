#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench.h"

/**
 * The other processes of a metric. A peer inherits the CPU that the probe is pinned to, and dies
 * with it.
 */

/**
 * Forks a peer, whose CPU time counts towards the metric's occupancy.
 *
 * @returns 0 in the peer, which must end by _exit(2); its id in the caller; -1 after bench_fail()
 */
pid_t peer_fork(struct bench *bench);

/** Makes a forked child die with the process that forked it, also after execve(2). */
void peer_follow(pid_t forker);

/** Ends a peer, waits until it is gone and makes its id 0; nothing when that is 0 or negative. */
void peer_end(pid_t *peer);

#endif
