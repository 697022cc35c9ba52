#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "families.h"
#include "raw_call.h"
#include "scratch.h"

enum { PAGE = 4096 };

/**
 * What stat and open_close look up: it is there in every container and initramfs, two components
 * deep, and needs no write access. fstat asks about the same inode, so that the difference between
 * the two is the path walk.
 */
static const char looked_up[] = "/dev/null";

/** A call that gives the same result every time. */
struct call {
    const char *operation;
    long number;
    long arguments[4];
    long expected;
};

/** The metric that is set up; there is one at a time. */
static struct call call;
static int descriptor = -1;
static struct stat status;
static _Alignas(PAGE) char page[PAGE];

static bool run_call(struct bench *bench, uint64_t operations) {
    const struct call c = call; /* a copy that nobody else can see stays in registers */
    for (; operations > 0; operations--) {
        long result = raw_call(c.number, c.arguments[0], c.arguments[1], c.arguments[2],
                               c.arguments[3], 0, 0);
        if (result != c.expected)
            return bench_fail_result(bench, c.operation, result);
    }
    return true;
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

static bool setup_enosys(struct bench *bench) {
    (void)bench;
    call = (struct call){.operation = "syscall(-1)", .number = -1, .expected = -ENOSYS};
    return true;
}

static bool setup_null(struct bench *bench) {
    long parent = raw_call(SYS_getppid, 0, 0, 0, 0, 0, 0); /* 0 in a PID namespace of its own */
    if (parent < 0)
        return bench_fail_result(bench, "getppid", parent);
    call = (struct call){.operation = "getppid", .number = SYS_getppid, .expected = parent};
    return true;
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

static bool setup_pread_4k(struct bench *bench) {
    descriptor = scratch_file(bench, PAGE);
    call = (struct call){"pread", SYS_pread64, {descriptor, (long)page, PAGE, 0}, PAGE};
    return descriptor >= 0;
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
        CALL_METRIC("enosys", setup_enosys),
        .summary = "a system call that does not exist: number -1, answered by ENOSYS",
    },
    {
        CALL_METRIC("null", setup_null),
        .summary = "getppid(2): the cheapest call that does something",
    },
    {
        CALL_METRIC("read_zero", setup_read_zero),
        .summary = "read(2) of 1 byte from /dev/zero",
        .bytes = 1,
    },
    {
        CALL_METRIC("write_null", setup_write_null),
        .summary = "write(2) of 1 byte to /dev/null",
    },
    {
        CALL_METRIC("pread_4k", setup_pread_4k),
        .summary = "pread(2) of 4 KB from the page cache",
        .bytes = PAGE,
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

const struct family syscall_family = FAMILY(metrics);
