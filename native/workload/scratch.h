#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

#include "../harness/bench.h"

/**
 * Makes a file of `size` bytes in memory that has no name: a memfd, else an unlinked file in
 * /dev/shm or /tmp. Its pages are written, so they are in the page cache.
 *
 * @returns its descriptor, or -1 after bench_fail()
 */
int scratch_file(struct bench *bench, size_t size);

/** Closes a descriptor unless it is -1, and sets it to -1. */
void scratch_close(int *descriptor);

#endif
