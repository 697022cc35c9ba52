#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/raw_call.h"
#include "../harness/bench.h"
#include "../workload/scratch.h"
#include "families.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

/** Size of fault-around: fault_around_bytes in mm/memory.c. */
#define WINDOW ((size_t)64 * 1024)
#define FILE_SIZE (16 * WINDOW)

enum { SMALL = 64 * 1024, FAULTS = 256 /* in a turn */ };

/** The current metric's mapping, and where its faults are. */
static char *mapping = MAP_FAILED;
static size_t mapping_size;
static char *first;
static size_t stride;
static int file = -1;

static bool map(struct bench *bench, size_t size, int protection, int flags) {
    mapping_size = size;
    mapping = mmap(NULL, size, protection, MAP_PRIVATE | flags, file, 0);
    first = mapping;
    return mapping != MAP_FAILED || bench_fail(bench, "mmap", errno);
}

static void teardown(struct bench *bench) {
    (void)bench;
    if (mapping != MAP_FAILED)
        munmap(mapping, mapping_size);
    mapping = MAP_FAILED;
    scratch_close(&file);
}

static bool advise(struct bench *bench, const char *operation, int advice) {
    long result = raw_call(SYS_madvise, (long)first, (long)(FAULTS * stride), advice, 0, 0, 0);
    return result == 0 || bench_fail_result(bench, operation, result);
}

static bool empty(struct bench *bench) {
    return advise(bench, "madvise(MADV_DONTNEED)", MADV_DONTNEED);
}

static bool run_mmap(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations--) {
        long address = raw_call(SYS_mmap, 0, SMALL, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address < 0)
            return bench_fail_result(bench, "mmap", address);
        long result = raw_call(SYS_munmap, address, SMALL, 0, 0, 0, 0);
        if (result != 0)
            return bench_fail_result(bench, "munmap", result);
    }
    return true;
}

static bool setup_anonymous(struct bench *bench) {
    stride = (size_t)sysconf(_SC_PAGESIZE);
    if (!map(bench, FAULTS * stride, PROT_READ | PROT_WRITE, MAP_ANONYMOUS))
        return false;
    /* A kernel without huge pages does not know this advice. */
    return madvise(mapping, mapping_size, MADV_NOHUGEPAGE) == 0 || errno == EINVAL ||
           bench_fail(bench, "madvise(MADV_NOHUGEPAGE)", errno);
}

static void write_to_each(void) {
    volatile char *page = first;
    for (int i = 0; i < FAULTS; i++, page += stride)
        *page = 1;
}

static bool run_anonymous(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations -= FAULTS) {
        write_to_each();
        if (!empty(bench))
            return false;
    }
    return true;
}

/**
 * Maps a file of 1 MB many times, because a larger file would take longer to fill. The mappings are
 * aligned: the kernel maps cached pages of the aligned window around a fault (mm/memory.c,
 * do_fault_around), and a mapping's ends would cut that window off.
 */
static bool setup_file(struct bench *bench) {
    stride = WINDOW;
    if (!map(bench, (FAULTS + 1) * WINDOW, PROT_NONE, MAP_ANONYMOUS))
        return false;
    first += WINDOW - (uintptr_t)mapping % WINDOW;
    file = scratch_file(bench, FILE_SIZE);
    for (size_t at = 0; file >= 0 && at < FAULTS * WINDOW; at += FILE_SIZE)
        if (mmap(first + at, FILE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == MAP_FAILED)
            return bench_fail(bench, "mmap(scratch file)", errno);
    return file >= 0;
}

/** Reads one byte at each place. scratch_file() fills its files with 'x'. */
static bool read_each(struct bench *bench) {
    const volatile char *page = first;
    for (int i = 0; i < FAULTS; i++, page += stride)
        if (*page != 'x')
            return bench_fail(bench, "read a mapped file", 0);
    return true;
}

static bool run_file(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations -= FAULTS)
        if (!read_each(bench) || !empty(bench))
            return false;
    return true;
}

static bool populate(struct bench *bench) {
    return advise(bench, "madvise(MADV_POPULATE_READ)", MADV_POPULATE_READ);
}

static bool setup_cow(struct bench *bench) {
    stride = (size_t)sysconf(_SC_PAGESIZE);
    file = scratch_file(bench, FAULTS * stride);
    return file >= 0 && map(bench, FAULTS * stride, PROT_READ | PROT_WRITE, 0) && populate(bench);
}

static bool run_cow(struct bench *bench, uint64_t operations) {
    for (; operations > 0; operations -= FAULTS) {
        write_to_each();
        if (!empty(bench) || !populate(bench))
            return false;
    }
    return true;
}

/** Puts the page between two of another kind, so the kernel never merges or splits mappings. */
static bool setup_protect(struct bench *bench) {
    stride = (size_t)sysconf(_SC_PAGESIZE);
    if (!map(bench, 3 * stride, PROT_NONE, MAP_ANONYMOUS))
        return false;
    first += stride;
    if (mprotect(first, stride, PROT_READ | PROT_WRITE) != 0)
        return bench_fail(bench, "mprotect", errno);
    *first = 1;
    return true;
}

static bool run_protect(struct bench *bench, uint64_t operations) {
    int protection = PROT_READ;
    for (uint64_t calls = 2 * operations; calls > 0; calls--) {
        long result = raw_call(SYS_mprotect, (long)first, (long)stride, protection, 0, 0, 0);
        if (result != 0)
            return bench_fail_result(bench, "mprotect", result);
        protection ^= PROT_WRITE;
    }
    return true;
}

static const struct metric metrics[] = {
    {
        .id = "memory.mmap_munmap",
        .version = 1,
        .gate = true,
        .summary = "64 KB of anonymous memory mapped and, untouched, unmapped",
        .entries = 2,
        .per_turn = 1,
        .run = run_mmap,
    },
    {
        .id = "memory.anon_fault",
        .version = 1,
        .gate = true,
        .summary = "the first write to a page of anonymous memory (not huge), and its release",
        .entries = 1,
        .per_turn = FAULTS,
        .setup = setup_anonymous,
        .run = run_anonymous,
        .teardown = teardown,
    },
    {
        .id = "memory.file_fault",
        .version = 1,
        .gate = true,
        .summary = "the first read of a mapped in-memory file, once in each 64 KB: the kernel maps "
                   "the pages around it too; and their release",
        .entries = 1,
        .per_turn = FAULTS,
        .setup = setup_file,
        .run = run_file,
        .teardown = teardown,
    },
    {
        .id = "memory.cow_fault",
        .version = 1,
        .summary = "the first write to a page of a private file mapping that was read before: a "
                   "copy of the page; and its release",
        .entries = 1,
        .bytes = 4096,
        .per_turn = FAULTS,
        .setup = setup_cow,
        .run = run_cow,
        .teardown = teardown,
    },
    {
        .id = "memory.mprotect",
        .version = 1,
        .summary = "mprotect(2) of one page to read-only, and back",
        .entries = 2,
        .per_turn = 1,
        .setup = setup_protect,
        .run = run_protect,
        .teardown = teardown,
    },
};

const struct family memory_family = FAMILY(metrics);
