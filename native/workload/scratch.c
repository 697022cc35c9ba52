#include "scratch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int unlinked_file(char *path_template) {
    int file = mkstemp(path_template);
    if (file >= 0)
        unlink(path_template);
    return file;
}

static int open_scratch(void) {
    int file = memfd_create("syscall-gate", MFD_CLOEXEC);
    if (file >= 0)
        return file;
    file = unlinked_file((char[]){"/dev/shm/syscall-gate.XXXXXX"});
    if (file >= 0)
        return file;
    return unlinked_file((char[]){"/tmp/syscall-gate.XXXXXX"});
}

/** Writes, because a hole would be read from the shared zero page. */
static bool fill(int file, size_t size) {
    char block[4096];
    memset(block, 'x', sizeof block);
    for (size_t written = 0; written < size;) {
        size_t left = size - written;
        ssize_t count = write(file, block, left < sizeof block ? left : sizeof block);
        if (count <= 0)
            return false;
        written += (size_t)count;
    }
    return true;
}

int scratch_file(struct bench *bench, size_t size) {
    int file = open_scratch();
    if (file < 0) {
        bench_fail(bench, "memfd_create", errno);
    } else if (!fill(file, size)) {
        bench_fail(bench, "write(scratch file)", errno);
        scratch_close(&file);
    }
    return file;
}

void scratch_close(int *descriptor) {
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}
