#ifndef EXIT_IMAGE_H
#define EXIT_IMAGE_H

#include "../harness/bench.h"

/**
 * Makes the smallest static executable. It ends at once with status 0. The probe itself will not
 * do, because it grows. The executable is a memfd for execveat(2) with AT_EMPTY_PATH, so it needs
 * no file system and no /proc. It is open for writing, but there is no ETXTBSY: a memfd's first
 * descriptor does not count as a writer in i_writecount (mm/shmem.c: __shmem_file_setup, by
 * alloc_file_pseudo).
 *
 * @returns its descriptor, or -1 after bench_fail()
 */
int exit_image(struct bench *bench);

#endif
