#ifndef OWN_PROCESS_H
#define OWN_PROCESS_H

#include "bench.h"

/**
 * Does something in a fork of this process, and waits for it. What it leaves behind in its process
 * (threads, seccomp filters, handlers) goes with the fork; what it finds out has to be written to
 * shared memory, `bench` included.
 *
 * @param work what to do; its failures are in `bench`, as is an end of the fork before its time
 */
void in_own_process(struct bench *bench, void (*work)(void *context), void *context);

#endif
