#ifndef TRANSFER_H
#define TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "../harness/bench.h"
#include "loopback.h"

enum {
    TRANSFER_SMALL = 4 * 1024,
    TRANSFER_LARGE = 64 * 1024,
    TRANSFER_HEADER = 256, /* an HTTP response's */
};

/** A file in memory and the connection it is sent over. */
struct transfer {
    struct loopback loopback;
    int file;
    size_t size;   /* bytes of the file */
    char *mapping; /* of the whole file, its pages present */
    char header[TRANSFER_HEADER];
};

/**
 * One way to put a file, with a header before it or not, on a TCP connection: what a metric's
 * `parameters` point to. Only `send` is not optional. All but `release` return false after
 * bench_fail().
 */
struct strategy {
    size_t size;   /* bytes of the file */
    size_t header; /* bytes sent before them */
    int no_delay;  /* TCP_NODELAY */

    /* Brings the connection into its state, opens what `send` needs besides. */
    bool (*prepare)(struct bench *bench, struct transfer *transfer);

    /* Sends all, and may drain while it does. */
    bool (*send)(struct bench *bench, struct transfer *transfer);

    /* After all has been drained: waits for what comes only then. */
    bool (*settle)(struct bench *bench, struct transfer *transfer);

    /* After the last batch: notes facts beside the number. */
    void (*note)(struct bench *bench);

    /* Closes what `prepare` opened, also after it failed. */
    void (*release)(void);
};

/** The hooks of a metric with a strategy. The last notes the data segments of one operation. */
bool transfer_setup(struct bench *bench);
bool transfer_run(struct bench *bench, uint64_t operations);
bool transfer_inspect(struct bench *bench);
void transfer_teardown(struct bench *bench);

/** Data segments that were sent so far, or -1: loopback_segments() of what is set up. */
long transfer_segments(void);

/** The header and the mapped file, for calls that gather. */
void transfer_gather(struct transfer *transfer, struct iovec buffers[2]);

/** TCP_CORK, send(2) of the header, sendfile(2), uncork: the strategy that others build upon. */
bool transfer_send_corked(struct bench *bench, struct transfer *transfer);

#define TRANSFER_HOOKS                                                                             \
    .per_turn = 1, .setup = transfer_setup, .run = transfer_run, .inspect = transfer_inspect,      \
    .teardown = transfer_teardown

#define TRANSFER_WHERE ", loopback TCP, drained by the same process"

#endif
