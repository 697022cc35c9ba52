#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../workload/scratch.h"
#include "../workload/transfer.h"
#include "families.h"

/**
 * splice(2) through our own pipe. sendfile(2) does the same inside the kernel with a pipe of the
 * task. Each page of the file takes a slot of the pipe, and there are 16 slots by default. So 64 KB
 * that begin at a page fill it exactly.
 */
static int pipe_ends[2] = {-1, -1};

static bool prepare(struct bench *bench, struct transfer *transfer) {
    (void)transfer;
    return pipe2(pipe_ends, O_CLOEXEC) == 0 || bench_fail(bench, "pipe", errno);
}

static void release(void) {
    scratch_close(&pipe_ends[0]);
    scratch_close(&pipe_ends[1]);
}

/** @param more whether more of the file follows: then TCP holds the last segment back */
static bool splice_to_socket(struct bench *bench, struct transfer *transfer, size_t size,
                             bool more) {
    while (size > 0) {
        long result = raw_call(SYS_splice, pipe_ends[0], 0, transfer->loopback.sender, 0,
                               (long)size, more ? SPLICE_F_MORE : 0);
        if (result > 0)
            size -= (size_t)result;
        else if (!loopback_make_room(bench, &transfer->loopback, "splice(pipe, socket)", result))
            return false;
    }
    return true;
}

/** The pipe is always empty when the file is spliced to it, so this never waits. */
static bool send_spliced(struct bench *bench, struct transfer *transfer) {
    loff_t offset = 0; /* the kernel advances it */
    if (!loopback_send(bench, &transfer->loopback, transfer->header, TRANSFER_HEADER, MSG_MORE))
        return false;
    while ((size_t)offset < transfer->size) {
        size_t left = transfer->size - (size_t)offset;
        long result =
            raw_call(SYS_splice, transfer->file, (long)&offset, pipe_ends[1], 0, (long)left, 0);
        if (result <= 0)
            return bench_fail_result(bench, "splice(file, pipe)", result);
        if (!splice_to_socket(bench, transfer, (size_t)result, (size_t)result < left))
            return false;
    }
    return true;
}

/* Entries: send, two splices, recv. */
#define SPLICE(name, bytes_of_file)                                                                \
    .id = "sendfile.tcp_" name "_splice", .version = 1, TRANSFER_HOOKS, .entries = 4,              \
    .bytes = TRANSFER_HEADER + (bytes_of_file), .parameters = &(const struct strategy) {           \
        .size = (bytes_of_file), .header = TRANSFER_HEADER, .prepare = prepare,                    \
        .send = send_spliced, .release = release                                                   \
    }

static const struct metric metrics[] = {
    {
        SPLICE("4k", TRANSFER_SMALL),
        .summary = "send(256 B, MSG_MORE), splice(4 KB) to a pipe and on to the "
                   "socket" TRANSFER_WHERE,
    },
    {
        SPLICE("64k", TRANSFER_LARGE),
        .summary = "send(256 B, MSG_MORE), splice(64 KB) to a pipe and on to the "
                   "socket" TRANSFER_WHERE,
    },
};

const struct family sendfile_splice_family = FAMILY(metrics);
