#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../base/raw_call.h"
#include "../workload/transfer.h"
#include "families.h"

enum {
    PAGE = 4096,
    HUGE = 1024 * 1024,
    REQUEST = 128, /* size of an HTTP request */
};

static _Alignas(PAGE) char copy[TRANSFER_LARGE];

static bool send_plain(struct bench *bench, struct transfer *transfer) {
    return loopback_send_file(bench, &transfer->loopback, transfer->file, transfer->size);
}

static bool send_more(struct bench *bench, struct transfer *transfer) {
    return loopback_send(bench, &transfer->loopback, transfer->header, TRANSFER_HEADER, MSG_MORE) &&
           send_plain(bench, transfer);
}

static bool send_with_header(struct bench *bench, struct transfer *transfer, void *bytes) {
    return loopback_send_two(bench, &transfer->loopback,
                             (struct iovec){transfer->header, TRANSFER_HEADER},
                             (struct iovec){bytes, transfer->size});
}

static bool send_mapping(struct bench *bench, struct transfer *transfer) {
    return send_with_header(bench, transfer, transfer->mapping);
}

static bool send_copy(struct bench *bench, struct transfer *transfer) {
    long result = raw_call(SYS_pread64, transfer->file, (long)copy, (long)transfer->size, 0, 0, 0);
    if (result != (long)transfer->size)
        return bench_fail_result(bench, "pread", result);
    return send_with_header(bench, transfer, copy);
}

/**
 * Where send_new_mapping() maps. If the kernel chose the address, it would differ from process to
 * process, and so would the cost: a fault maps the pages around it in aligned blocks of 64 KB
 * (mm/memory.c, do_fault_around), and munmap frees the page table unless something else in its 2 MB
 * is mapped. So the address is a hint in the middle of a reservation. There, a whole file is one
 * fault and the page table stays.
 */
enum { TABLE_SPAN = 2 * 1024 * 1024, RESERVATION = 2 * TABLE_SPAN };
static void *reservation = MAP_FAILED;
static void *hint;

static bool reserve(struct bench *bench, struct transfer *transfer) {
    reservation = mmap(NULL, RESERVATION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (reservation == MAP_FAILED)
        return bench_fail(bench, "mmap(PROT_NONE)", errno);
    size_t past_table = (uintptr_t)reservation % TABLE_SPAN;
    hint = (char *)reservation + (TABLE_SPAN - past_table) + TABLE_SPAN / 2;
    return munmap(hint, transfer->size) == 0 || bench_fail(bench, "munmap", errno);
}

static void unreserve(void) {
    if (reservation != MAP_FAILED)
        munmap(reservation, RESERVATION);
    reservation = MAP_FAILED;
}

static bool send_new_mapping(struct bench *bench, struct transfer *transfer) {
    long address = raw_call(SYS_mmap, (long)hint, (long)transfer->size, PROT_READ, MAP_SHARED,
                            transfer->file, 0);
    if (address < 0 && address >= -PAGE)
        return bench_fail_result(bench, "mmap", address);
    bool sent = send_with_header(bench, transfer, (void *)address);
    long result = raw_call(SYS_munmap, address, (long)transfer->size, 0, 0, 0, 0);
    return sent && (result == 0 || bench_fail_result(bench, "munmap", result));
}

/**
 * A response in two parts on a kept-alive connection. After a request, the client is in "pingpong"
 * mode: it delays its acknowledgement to send it with the next request. Nagle's algorithm holds the
 * file back until that acknowledgement comes, 40 ms later.
 */
static bool send_nagle(struct bench *bench, struct transfer *transfer) {
    return loopback_request(bench, &transfer->loopback, REQUEST) &&
           loopback_send(bench, &transfer->loopback, transfer->header, TRANSFER_HEADER, 0) &&
           send_plain(bench, transfer);
}

/**
 * Brings the connection into the state of one in use. A new connection acknowledges its first
 * segments at once (quickack), and it takes up to three exchanges to count as pingpong
 * (TCP_PINGPONG_THRESH).
 */
static bool exchange(struct bench *bench, struct transfer *transfer) {
    enum { EXCHANGES = 16 };
    return loopback_set(bench, &transfer->loopback, TCP_NODELAY, 1) &&
           transfer_run(bench, EXCHANGES) &&
           loopback_set(bench, &transfer->loopback, TCP_NODELAY, 0);
}

#define STRATEGY(name, ...)                                                                        \
    .id = "sendfile.tcp_" name, .version = 1, TRANSFER_HOOKS,                                      \
    .parameters = &(const struct strategy) {                                                       \
        __VA_ARGS__                                                                                \
    }

/* `calls` are those of the strategy. The receiver's one recv(2) is added. */
#define HEADED(name, bytes_of_file, how, calls, moved, words)                                      \
    STRATEGY(name, .size = (bytes_of_file), .header = TRANSFER_HEADER, .send = (how)),             \
        .gate = true, .entries = (calls) + 1, .bytes = (moved), .summary = words TRANSFER_WHERE

/* Without a header, the last segment is small and alone: TCP_NODELAY sends it at once. */
#define PLAIN(name, bytes_of_file)                                                                 \
    STRATEGY(name, .size = (bytes_of_file), .no_delay = 1, .send = send_plain),                    \
        .bytes = (bytes_of_file)

/* Entries: mmap, writev, the fault within it, munmap, recv. */
#define MAPPED_EACH(name, bytes_of_file, words)                                                    \
    STRATEGY(name, .size = (bytes_of_file), .header = TRANSFER_HEADER, .prepare = reserve,         \
             .send = send_new_mapping, .release = unreserve),                                      \
        .gate = true, .entries = 5, .bytes = TRANSFER_HEADER + (bytes_of_file),                    \
        .summary = words TRANSFER_WHERE

#define NAGLE(name, bytes_of_file)                                                                 \
    STRATEGY(name, .size = (bytes_of_file), .header = TRANSFER_HEADER, .prepare = exchange,        \
             .send = send_nagle),                                                                  \
        .slow = true, .bytes = REQUEST + TRANSFER_HEADER + (bytes_of_file)

static const struct metric metrics[] = {
    {
        PLAIN("4k", TRANSFER_SMALL),
        .gate = true,
        .summary = "sendfile(4 KB)" TRANSFER_WHERE,
        .entries = 2,
    },
    {
        PLAIN("64k", TRANSFER_LARGE),
        .gate = true,
        .summary = "sendfile(64 KB)" TRANSFER_WHERE,
        .entries = 2,
    },
    {
        PLAIN("1m", HUGE),
        .summary = "sendfile(1 MB), loopback TCP, drained by the same process as the socket fills",
        .entries = 10, /* sendfile and 9 times recv; 8 times once the receiver's window has grown */
    },
    {HEADED("4k_cork_header", TRANSFER_SMALL, transfer_send_corked, 4,
            TRANSFER_HEADER + TRANSFER_SMALL, "TCP_CORK, send(256 B), sendfile(4 KB), uncork")},
    {HEADED("64k_cork_header", TRANSFER_LARGE, transfer_send_corked, 4,
            TRANSFER_HEADER + TRANSFER_LARGE, "TCP_CORK, send(256 B), sendfile(64 KB), uncork")},
    {HEADED("4k_more_header", TRANSFER_SMALL, send_more, 2, TRANSFER_HEADER + TRANSFER_SMALL,
            "send(256 B, MSG_MORE), sendfile(4 KB)")},
    {HEADED("64k_more_header", TRANSFER_LARGE, send_more, 2, TRANSFER_HEADER + TRANSFER_LARGE,
            "send(256 B, MSG_MORE), sendfile(64 KB)")},
    {HEADED("4k_writev_mmap", TRANSFER_SMALL, send_mapping, 1, TRANSFER_HEADER + TRANSFER_SMALL,
            "writev(256 B, mapped file of 4 KB)")},
    {HEADED("64k_writev_mmap", TRANSFER_LARGE, send_mapping, 1, TRANSFER_HEADER + TRANSFER_LARGE,
            "writev(256 B, mapped file of 64 KB)")},
    {MAPPED_EACH("4k_mmap_each", TRANSFER_SMALL,
                 "mmap(4 KB), writev(256 B, mapping) with its page fault, munmap")},
    {MAPPED_EACH("64k_mmap_each", TRANSFER_LARGE,
                 "mmap(64 KB), writev(256 B, mapping) with its page fault, munmap")},
    {HEADED("4k_copy", TRANSFER_SMALL, send_copy, 2, TRANSFER_HEADER + 2 * TRANSFER_SMALL,
            "pread(4 KB), writev(256 B, 4 KB)")},
    {HEADED("64k_copy", TRANSFER_LARGE, send_copy, 2, TRANSFER_HEADER + 2 * TRANSFER_LARGE,
            "pread(64 KB), writev(256 B, 64 KB)")},
    {
        NAGLE("4k_nagle_header", TRANSFER_SMALL),
        .summary = "a request, then send(256 B), sendfile(4 KB) and nothing against Nagle's delay",
        .entries = 8,  /* request 2; response 2; recv of the header, EAGAIN, poll, recv */
        .switches = 2, /* to the idle task and back */
    },
    {
        NAGLE("64k_nagle_header", TRANSFER_LARGE),
        .summary = "a request, then send(256 B), sendfile(64 KB) and nothing against Nagle's delay",
        /* A segment of the loopback holds 65483 bytes, and the file's start fills one: Nagle's
         * algorithm sends it, and it is acknowledged at once. Request 2; response 2; recv in two
         * parts. */
        .entries = 6,
    },
};

const struct family sendfile_tcp_family = FAMILY(metrics);
