#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../workload/call.h"
#include "../workload/scratch.h"
#include "families.h"

enum { PAGE = 4096 };

/**
 * The path that stat and open_close look up. It exists in every container and initramfs, is two
 * components deep, and needs no write access. fstat asks for the same inode, so the difference
 * between the two is the path walk.
 */
static const char looked_up[] = "/dev/null";

/** State of the current metric. There is one at a time. */
static struct call call;
static int descriptor = -1;
static struct stat status;
static _Alignas(PAGE) char page[PAGE];

static bool run_call(struct bench *bench, uint64_t operations) {
    return call_repeat(bench, &call, operations);
}

static bool run_open_close(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        long file = raw_call(SYS_openat, AT_FDCWD, (long)looked_up, O_RDONLY, 0, 0, 0);
        if (file < 0)
            return bench_fail_result(bench, "openat(/dev/null)", file);
        long result = raw_call(SYS_close, file, 0, 0, 0, 0, 0);
        if (result != 0)
            return bench_fail_result(bench, "close", result);
    }
    return true;
}

static bool open_device(struct bench *bench, const char *operation, const char *path, int flags) {
    descriptor = open(path, flags | O_CLOEXEC);
    return descriptor >= 0 || bench_fail(bench, operation, errno);
}

static bool setup_read_zero(struct bench *bench) {
    if (!open_device(bench, "open(/dev/zero)", "/dev/zero", O_RDONLY))
        return false;
    call = (struct call){"read(/dev/zero)", SYS_read, {descriptor, (long)page, 1}, 1};
    return true;
}

static bool setup_write_null(struct bench *bench) {
    if (!open_device(bench, "open(/dev/null)", "/dev/null", O_WRONLY))
        return false;
    call = (struct call){"write(/dev/null)", SYS_write, {descriptor, (long)page, 1}, 1};
    return true;
}

static _Noreturn void *sleep_for_ever(void *unused) {
    (void)unused;
    for (;;)
        pause();
}

/**
 * Starts a second thread that shares the descriptor table. With it, each look-up counts a reference
 * to the file (fs/file.c, __fget_light). The thread ends with the process, which this metric has
 * for itself.
 */
static bool share_table(struct bench *bench) {
    pthread_t sleeper;
    int error = pthread_create(&sleeper, NULL, sleep_for_ever, NULL);
    return error == 0 || bench_fail(bench, "pthread_create", error);
}

static bool setup_read_zero_mt(struct bench *bench) {
    return share_table(bench) && setup_read_zero(bench);
}

static bool setup_write_null_mt(struct bench *bench) {
    return share_table(bench) && setup_write_null(bench);
}

static bool setup_pread_4k(struct bench *bench) {
    descriptor = scratch_file(bench, PAGE);
    call = (struct call){"pread", SYS_pread64, {descriptor, (long)page, PAGE, 0}, PAGE};
    return descriptor >= 0;
}

static bool setup_lseek(struct bench *bench) {
    descriptor = scratch_file(bench, PAGE);
    call = (struct call){"lseek", SYS_lseek, {descriptor, 0, SEEK_SET}, 0};
    return descriptor >= 0;
}

static bool setup_getfl(struct bench *bench) {
    if (!open_device(bench, "open(/dev/null)", looked_up, O_RDONLY))
        return false;
    long flags = raw_call(SYS_fcntl, descriptor, F_GETFL, 0, 0, 0, 0);
    call = (struct call){"fcntl(F_GETFL)", SYS_fcntl, {descriptor, F_GETFL}, flags};
    return flags >= 0 || bench_fail_result(bench, call.operation, flags);
}

static bool setup_fstat(struct bench *bench) {
    if (!open_device(bench, "open(/dev/null)", looked_up, O_RDONLY))
        return false;
    call = (struct call){"fstat", SYS_fstat, {descriptor, (long)&status}, 0};
    return true;
}

static bool setup_stat(struct bench *bench) {
    (void)bench;
    call = (struct call){
        "fstatat(/dev/null)", SYS_newfstatat, {AT_FDCWD, (long)looked_up, (long)&status, 0}, 0};
    return true;
}

static void teardown(struct bench *bench) {
    (void)bench;
    scratch_close(&descriptor);
}

#define CALL_METRIC(name, set_up)                                                                  \
    .id = "syscall." name, .version = 1, .gate = true, .entries = 1, .per_turn = 1,                \
    .setup = (set_up), .run = run_call, .teardown = teardown

static const struct metric metrics[] = {
    {
        CALL_METRIC("read_zero", setup_read_zero),
        .summary = "read(2) of 1 byte from /dev/zero",
        .bytes = 1,
    },
    {
        CALL_METRIC("read_zero_mt", setup_read_zero_mt),
        .summary = "read(2) of 1 byte from /dev/zero while a second thread sleeps",
        .own_process = true,
        .bytes = 1,
    },
    {
        CALL_METRIC("write_null", setup_write_null),
        .summary = "write(2) of 1 byte to /dev/null",
    },
    {
        CALL_METRIC("write_null_mt", setup_write_null_mt),
        .summary = "write(2) of 1 byte to /dev/null while a second thread sleeps",
        .own_process = true,
    },
    {
        CALL_METRIC("pread_4k", setup_pread_4k),
        .summary = "pread(2) of 4 KB from the page cache",
        .bytes = PAGE,
    },
    {
        CALL_METRIC("lseek", setup_lseek),
        .summary = "lseek(2) to the start of a file",
    },
    {
        CALL_METRIC("fcntl_getfl", setup_getfl),
        .summary = "fcntl(2), F_GETFL: a descriptor look-up and hardly more",
    },
    {
        CALL_METRIC("fstat", setup_fstat),
        .summary = "fstat(2) of an open /dev/null",
        .bytes = sizeof(struct stat),
    },
    {
        CALL_METRIC("stat", setup_stat),
        .summary = "newfstatat(2) of /dev/null by its path",
        .bytes = sizeof(struct stat),
    },
    {
        .id = "syscall.open_close",
        .version = 1,
        .gate = true,
        .summary = "openat(2) of /dev/null by its path, and close(2)",
        .entries = 2,
        .per_turn = 1,
        .run = run_open_close,
    },
};

const struct family file_family = FAMILY(metrics);
