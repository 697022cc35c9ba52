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

/** A file in memory and the connection that sends it. */
struct transfer {
    struct loopback loopback;
    int file;
    size_t size;   /* bytes of the file */
    char *mapping; /* of the whole file, with its pages present */
    char header[TRANSFER_HEADER];
};

/**
 * One way to send a file, with or without a header, over a TCP connection. A metric's `parameters`
 * point to it. Only `send` is mandatory. All functions but `note` and `release` return false after
 * bench_fail().
 */
struct strategy {
    size_t size;   /* bytes of the file */
    size_t header; /* bytes of the header, sent before the file */
    int no_delay;  /* TCP_NODELAY */

    /* Prepares the connection and opens what else `send` needs. */
    bool (*prepare)(struct bench *bench, struct transfer *transfer);

    /* Sends everything, and may drain meanwhile. */
    bool (*send)(struct bench *bench, struct transfer *transfer);

    /* After everything is drained: waits for what comes only then. */
    bool (*settle)(struct bench *bench, struct transfer *transfer);

    /* After the last batch: adds facts to the metric. */
    void (*note)(struct bench *bench);

    /* Closes what `prepare` opened, also after it failed. */
    void (*release)(void);
};

/**
 * The functions of a metric with a strategy. transfer_inspect() adds the data segments per
 * operation.
 */
bool transfer_setup(struct bench *bench);
bool transfer_run(struct bench *bench, uint64_t operations);
bool transfer_inspect(struct bench *bench);
void transfer_teardown(struct bench *bench);

/** Data segments sent so far, or -1: loopback_segments() of the current transfer. */
long transfer_segments(void);

/** The header and the mapped file as two buffers. */
void transfer_gather(struct transfer *transfer, struct iovec buffers[2]);

/** TCP_CORK, send(2) of the header, sendfile(2), uncork. */
bool transfer_send_corked(struct bench *bench, struct transfer *transfer);

#define TRANSFER_HOOKS                                                                             \
    .per_turn = 1, .setup = transfer_setup, .run = transfer_run, .inspect = transfer_inspect,      \
    .teardown = transfer_teardown

#define TRANSFER_WHERE ", loopback TCP, drained by the same process"

#endif
