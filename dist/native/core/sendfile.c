#include <errno.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "families.h"
#include "loopback.h"
#include "raw_call.h"
#include "scratch.h"

enum {
    PAGE = 4096,
    SMALL = 4 * 1024,
    LARGE = 64 * 1024,
    HEADER = 256,  /* an HTTP response's */
    REQUEST = 128, /* an HTTP request's */
};

/** One way to put a file, with a header before it or not, on a connection. */
struct transfer {
    size_t size;   /* bytes of the file */
    size_t header; /* bytes sent before them */
    int no_delay;  /* TCP_NODELAY */
    bool (*send)(struct bench *bench, const struct transfer *transfer);
};

/** The transfer that is set up; there is one at a time. */
static struct loopback loopback = LOOPBACK_CLOSED;
static int file = -1;
static void *mapping = MAP_FAILED;
static char header[HEADER] = "HTTP/1.1 200 OK\r\n";
static _Alignas(PAGE) char copy[LARGE];

static bool send_plain(struct bench *bench, const struct transfer *transfer) {
    return loopback_send_file(bench, &loopback, file, transfer->size);
}

static bool send_corked(struct bench *bench, const struct transfer *transfer) {
    return loopback_set(bench, &loopback, TCP_CORK, 1) &&
           loopback_send(bench, &loopback, header, HEADER, 0) &&
           loopback_send_file(bench, &loopback, file, transfer->size) &&
           loopback_set(bench, &loopback, TCP_CORK, 0);
}

static bool send_more(struct bench *bench, const struct transfer *transfer) {
    return loopback_send(bench, &loopback, header, HEADER, MSG_MORE) &&
           loopback_send_file(bench, &loopback, file, transfer->size);
}

static bool send_with_header(struct bench *bench, void *bytes, size_t size) {
    return loopback_send_two(bench, &loopback, (struct iovec){header, HEADER},
                             (struct iovec){bytes, size});
}

static bool send_mapping(struct bench *bench, const struct transfer *transfer) {
    return send_with_header(bench, mapping, transfer->size);
}

static bool send_copy(struct bench *bench, const struct transfer *transfer) {
    long result = raw_call(SYS_pread64, file, (long)copy, (long)transfer->size, 0, 0, 0);
    if (result != (long)transfer->size)
        return bench_fail_result(bench, "pread", result);
    return send_with_header(bench, copy, transfer->size);
}

/**
 * A kept-alive connection's response in two parts. The request before it puts the client in
 * "pingpong" mode, in which it delays its acknowledgement in the hope of sending it with the next
 * request; Nagle's algorithm holds the file back until that acknowledgement comes, 40 ms later.
 */
static bool send_nagle(struct bench *bench, const struct transfer *transfer) {
    return loopback_request(bench, &loopback, REQUEST) &&
           loopback_send(bench, &loopback, header, HEADER, 0) &&
           loopback_send_file(bench, &loopback, file, transfer->size);
}

static bool run(struct bench *bench, uint64_t operations) {
    const struct transfer *transfer = bench->metric->parameters;
    for (; operations > 0; operations--)
        if (!transfer->send(bench, transfer) ||
            !loopback_drain(bench, &loopback, transfer->header + transfer->size))
            return false;
    return true;
}

static bool setup(struct bench *bench) {
    const struct transfer *transfer = bench->metric->parameters;
    file = scratch_file(bench, transfer->size);
    if (file < 0)
        return false;
    mapping = mmap(NULL, transfer->size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (mapping == MAP_FAILED)
        return bench_fail(bench, "mmap(scratch file)", errno);
    return loopback_open(bench, &loopback) &&
           loopback_set(bench, &loopback, TCP_NODELAY, transfer->no_delay);
}

/**
 * A new connection acknowledges its first segments at once (quickack), and it takes up to three
 * exchanges before it counts as pingpong (TCP_PINGPONG_THRESH): neither is the state of a
 * connection that is in use.
 */
static bool setup_nagle(struct bench *bench) {
    enum { EXCHANGES = 16 };
    if (!setup(bench) || !loopback_set(bench, &loopback, TCP_NODELAY, 1) || !run(bench, EXCHANGES))
        return false;
    return loopback_set(bench, &loopback, TCP_NODELAY, 0);
}

static void teardown(struct bench *bench) {
    const struct transfer *transfer = bench->metric->parameters;
    loopback_close(&loopback);
    if (mapping != MAP_FAILED)
        munmap(mapping, transfer->size);
    mapping = MAP_FAILED;
    scratch_close(&file);
}

#define TRANSFER(name, bytes, header_bytes, nodelay, how)                                          \
    .id = "sendfile.tcp_" name, .version = 1, .per_turn = 1, .run = run, .teardown = teardown,     \
    .parameters = &(const struct transfer) {                                                       \
        (bytes), (header_bytes), (nodelay), (how)                                                  \
    }

/* `calls` counts those of the strategy; the receiver's one recv(2) comes on top. */
#define HEADED(name, size, how, calls, moved, words)                                               \
    TRANSFER(name, size, HEADER, 0, how),                                                          \
        .gate = true, .setup = setup, .entries = (calls) + 1, .bytes = (moved),                    \
        .summary = words ", loopback TCP, drained by the same process"

/* Without a header the last segment is small and on its own: TCP_NODELAY lets it leave at once. */
#define PLAIN(name, size, words)                                                                   \
    TRANSFER(name, size, 0, 1, send_plain),                                                        \
        .gate = true, .setup = setup, .entries = 2, .bytes = (size),                               \
        .summary = words ", loopback TCP, drained by the same process"

static const struct metric metrics[] = {
    {PLAIN("4k", SMALL, "sendfile(4 KB)")},
    {PLAIN("64k", LARGE, "sendfile(64 KB)")},
    {HEADED("4k_cork_header", SMALL, send_corked, 4, HEADER + SMALL,
            "TCP_CORK, send(256 B), sendfile(4 KB), uncork")},
    {HEADED("64k_cork_header", LARGE, send_corked, 4, HEADER + LARGE,
            "TCP_CORK, send(256 B), sendfile(64 KB), uncork")},
    {HEADED("4k_more_header", SMALL, send_more, 2, HEADER + SMALL,
            "send(256 B, MSG_MORE), sendfile(4 KB)")},
    {HEADED("64k_more_header", LARGE, send_more, 2, HEADER + LARGE,
            "send(256 B, MSG_MORE), sendfile(64 KB)")},
    {HEADED("4k_writev_mmap", SMALL, send_mapping, 1, HEADER + SMALL,
            "writev(256 B, mapped file of 4 KB)")},
    {HEADED("64k_writev_mmap", LARGE, send_mapping, 1, HEADER + LARGE,
            "writev(256 B, mapped file of 64 KB)")},
    {HEADED("4k_copy", SMALL, send_copy, 2, HEADER + 2 * SMALL,
            "pread(4 KB), writev(256 B, 4 KB)")},
    {HEADED("64k_copy", LARGE, send_copy, 2, HEADER + 2 * LARGE,
            "pread(64 KB), writev(256 B, 64 KB)")},
    {
        TRANSFER("4k_nagle_header", SMALL, HEADER, 0, send_nagle),
        .slow = true,
        .summary = "a request, then send(256 B), sendfile(4 KB) and nothing against Nagle's delay",
        .entries = 8,  /* request: 2; response: 2; recv of the header, EAGAIN, poll, recv */
        .switches = 2, /* to the idle task and back */
        .bytes = REQUEST + HEADER + SMALL,
        .setup = setup_nagle,
    },
};

const struct family sendfile_family = FAMILY(metrics);
