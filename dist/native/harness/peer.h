#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench.h"

/**
 * A peer is another process of a metric. It inherits the CPU that the probe is pinned to, and dies
 * with the probe.
 */

/**
 * Forks a peer. Its CPU time counts as the metric's.
 *
 * @returns 0 in the peer, which must end by _exit(2); its id in the caller; -1 after bench_fail()
 */
pid_t peer_fork(struct bench *bench);

/** Makes a forked child die with the process that forked it, also after execve(2). */
void peer_follow(pid_t forker);

/**
 * Kills a peer, waits until it is gone and sets its id to 0. Does nothing if the id is 0 or
 * negative.
 */
void peer_end(pid_t *peer);

#endif
