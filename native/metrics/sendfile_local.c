#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../workload/scratch.h"
#include "families.h"

/**
 * sendfile(2) without a network: to local sockets, pipes and files. One process does everything,
 * and the receiving side has room for the file, so nothing waits.
 */
enum { PAGE = 4096, SIZE = 64 * 1024 };

/** From `source` to `sink`, and out of `drain` if that is not the sink. */
static int source = -1;
static int sink = -1;
static int drain = -1;
static int discard = -1;
static _Alignas(PAGE) char buffer[SIZE];

static bool open_sockets(struct bench *bench) {
    const int room = 4 * SIZE; /* as the kernel counts it, its own overhead included */
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
        return bench_fail(bench, "socketpair(AF_UNIX)", errno);
    sink = pair[0];
    drain = pair[1];
    return setsockopt(sink, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0 ||
           bench_fail(bench, "setsockopt(SO_SNDBUF)", errno);
}

static bool setup_unix(struct bench *bench) {
    source = scratch_file(bench, SIZE);
    return source >= 0 && open_sockets(bench);
}

static bool setup_pipe(struct bench *bench) {
    int ends[2];
    source = scratch_file(bench, SIZE);
    if (source < 0)
        return false;
    discard = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (discard < 0)
        return bench_fail(bench, "open(/dev/null)", errno);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return bench_fail(bench, "pipe", errno);
    drain = ends[0];
    sink = ends[1];
    return true;
}

static bool setup_file(struct bench *bench) {
    source = scratch_file(bench, SIZE);
    if (source >= 0)
        sink = scratch_file(bench, SIZE);
    return sink >= 0;
}

/**
 * Sends a process's own file. Since Linux 5.10 (commit 36e2c7421f02), sendfile(2) refuses files
 * that do not implement splice_read. In procfs, files of the whole system have it again
 * (fe33850ff798: /proc/version, /proc/meminfo), files below /proc/PID do not. It sends to a socket,
 * because up to Linux 5.11 sendfile(2) to a pipe fails in the same way for any file (b964bf53e540).
 */
static bool setup_procfs(struct bench *bench) {
    source = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return bench_fail(bench, "open(/proc/self/status)", errno);
    return open_sockets(bench);
}

static void teardown(struct bench *bench) {
    (void)bench;
    scratch_close(&source);
    scratch_close(&sink);
    scratch_close(&drain);
    scratch_close(&discard);
}

static bool take(struct bench *bench, long size) {
    while (size > 0) {
        long result = raw_call(SYS_read, drain, (long)buffer, size, 0, 0, 0);
        if (result <= 0)
            return bench_fail_result(bench, "read", result == 0 ? -EPIPE : result);
        size -= result;
    }
    return true;
}

/** By reference: a copy would be a third of the time and vary with the caches. */
static bool take_by_reference(struct bench *bench, long size) {
    while (size > 0) {
        long result = raw_call(SYS_splice, drain, 0, discard, 0, size, 0);
        if (result <= 0)
            return bench_fail_result(bench, "splice(pipe, /dev/null)", result);
        size -= result;
    }
    return true;
}

/** In parts, in case the sink has less room than the file takes. */
static bool send_and_take(struct bench *bench, uint64_t operations,
                          bool (*take_out)(struct bench *bench, long size)) {
    for (; operations > 0; operations--)
        for (loff_t offset = 0; offset < SIZE;) { /* the kernel advances it */
            long result =
                raw_call(SYS_sendfile, sink, source, (long)&offset, SIZE - (long)offset, 0, 0);
            if (result <= 0)
                return bench_fail_result(bench, "sendfile", result);
            if (!take_out(bench, result))
                return false;
        }
    return true;
}

static bool run_unix(struct bench *bench, uint64_t operations) {
    return send_and_take(bench, operations, take);
}

static bool run_pipe(struct bench *bench, uint64_t operations) {
    return send_and_take(bench, operations, take_by_reference);
}

static bool run_file(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        loff_t offset = 0;
        long result = raw_call(SYS_lseek, sink, 0, SEEK_SET, 0, 0, 0);
        if (result != 0)
            return bench_fail_result(bench, "lseek", result);
        result = raw_call(SYS_sendfile, sink, source, (long)&offset, SIZE, 0, 0);
        if (result != SIZE)
            return bench_fail_result(bench, "sendfile(file)", result);
    }
    return true;
}

static bool run_copy_file_range(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        loff_t from = 0;
        loff_t to = 0;
        long result = raw_call(SYS_copy_file_range, source, (long)&from, sink, (long)&to, SIZE, 0);
        if (result != SIZE)
            return bench_fail_result(bench, "copy_file_range", result);
    }
    return true;
}

/** The kernel decides how long the file is. One call sends all of it. */
static bool run_procfs(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        loff_t offset = 0;
        long result = raw_call(SYS_sendfile, sink, source, (long)&offset, SIZE, 0, 0);
        if (result <= 0)
            return bench_fail_result(bench, "sendfile(/proc/self/status)", result);
        if (!take(bench, result))
            return false;
    }
    return true;
}

#define LOCAL(name)                                                                                \
    .id = "sendfile." name, .version = 1, .per_turn = 1, .teardown = teardown, .entries = 2

static const struct metric metrics[] = {
    {
        LOCAL("unix_64k"),
        .gate = true,
        .summary = "sendfile(64 KB) to an AF_UNIX stream socket, read by the same process",
        .bytes = 2 * SIZE,
        .setup = setup_unix,
        .run = run_unix,
    },
    {
        LOCAL("to_pipe_64k"),
        .gate = true,
        .summary = "sendfile(64 KB) to a pipe, spliced to /dev/null by the same process",
        .bytes = SIZE,
        .setup = setup_pipe,
        .run = run_pipe,
    },
    {
        LOCAL("file_to_file_64k"),
        .gate = true,
        .summary = "lseek, sendfile(64 KB) from one file in memory to another",
        .bytes = SIZE,
        .setup = setup_file,
        .run = run_file,
    },
    {
        .id = "sendfile.copy_file_range_64k",
        .version = 1,
        .gate = true,
        .summary = "copy_file_range(64 KB) from one file in memory to another",
        .entries = 1,
        .bytes = SIZE,
        .per_turn = 1,
        .setup = setup_file,
        .run = run_copy_file_range,
        .teardown = teardown,
    },
    {
        LOCAL("from_procfs"),
        .summary = "sendfile(/proc/self/status) to an AF_UNIX socket, read by the same process; "
                   "unsupported since Linux 5.10",
        .setup = setup_procfs,
        .run = run_procfs,
    },
};

const struct family sendfile_local_family = FAMILY(metrics);
