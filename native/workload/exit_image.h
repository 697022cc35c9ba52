#ifndef EXIT_IMAGE_H
#define EXIT_IMAGE_H

#include "../harness/bench.h"

/**
 * Makes the smallest static executable: it ends at once, with status 0. Not the probe itself, which
 * grows. It is a memfd, for execveat(2) with AT_EMPTY_PATH: no file system, no /proc. Although that
 * is open for writing there is no ETXTBSY, since a memfd's first descriptor is no writer to
 * i_writecount (mm/shmem.c: __shmem_file_setup, by alloc_file_pseudo).
 *
 * @returns its descriptor, or -1 after bench_fail()
 */
int exit_image(struct bench *bench);

#endif
