#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../workload/transfer.h"
#include "../workload/uring.h"
#include "families.h"

/* Debian 11's headers do not have these names yet, and #ifdef cannot test for an enum. */
enum { OPCODE_SENDMSG = 9, OPCODE_SENDMSG_ZC = 48 }; /* Linux 5.3, 6.1 */
enum { COMPLETION_MORE = 1 << 1, COMPLETION_NOTIFICATION = 1 << 3 };

static struct uring ring = URING_CLOSED;

/** Notifications that the kernel has announced. Until they come, it still uses the sent pages. */
static unsigned outstanding;

static bool prepare(struct bench *bench, struct transfer *transfer) {
    (void)transfer;
    outstanding = 0;
    return uring_open(bench, &ring);
}

static void release(void) {
    uring_close(&ring);
}

/**
 * Takes completions up to the next result. A request to send without a copy has two completions:
 * its result, whose flag announces a notification, and the notification (io_uring_enter(2)).
 */
static bool take_result(struct bench *bench, long *result) {
    struct io_uring_cqe completion;
    do {
        if (!uring_take(bench, &ring, &completion))
            return false;
        outstanding += (completion.flags & COMPLETION_MORE) != 0;
        outstanding -= (completion.flags & COMPLETION_NOTIFICATION) != 0;
    } while ((completion.flags & COMPLETION_NOTIFICATION) != 0);
    *result = completion.res;
    return true;
}

static bool await_notifications(struct bench *bench, struct transfer *transfer) {
    struct io_uring_cqe completion;
    (void)transfer;
    for (; outstanding > 0; outstanding--)
        if (!uring_take(bench, &ring, &completion))
            return false;
    return true;
}

static bool send_by_ring(struct bench *bench, struct transfer *transfer, uint8_t opcode,
                         const char *operation) {
    struct iovec buffers[2];
    const struct msghdr message = {.msg_iov = buffers, .msg_iovlen = 2};
    const struct io_uring_sqe request = {
        .opcode = opcode,
        .fd = transfer->loopback.sender,
        .addr = (uintptr_t)&message,
        .len = 1,
    };
    transfer_gather(transfer, buffers);
    for (size_t left = TRANSFER_HEADER + transfer->size; left > 0;) {
        long result;
        if (!uring_submit(bench, &ring, &request) || !take_result(bench, &result))
            return false;
        if (result > 0)
            left = loopback_advance(buffers, (size_t)result);
        else if (!loopback_make_room(bench, &transfer->loopback, operation, result))
            return false;
    }
    return true;
}

static bool send_message(struct bench *bench, struct transfer *transfer) {
    return send_by_ring(bench, transfer, OPCODE_SENDMSG, "io_uring(SENDMSG)");
}

static bool send_message_zc(struct bench *bench, struct transfer *transfer) {
    return send_by_ring(bench, transfer, OPCODE_SENDMSG_ZC, "io_uring(SENDMSG_ZC)");
}

/* Entries: io_uring_enter and recv. When recv returns, the receiver has acknowledged, so the
 * notification has come. The metric has its own process, because the kernel's workers for a ring
 * stay with the process that made it. */
#define URING(name, bytes_of_file, how, wait)                                                      \
    .id = "sendfile.tcp_" name, .version = 1, TRANSFER_HOOKS, .own_process = true,                 \
    .bytes = TRANSFER_HEADER + (bytes_of_file), .parameters = &(const struct strategy) {           \
        .size = (bytes_of_file), .header = TRANSFER_HEADER, .prepare = prepare, .send = (how),     \
        .settle = (wait), .release = release                                                       \
    }

static const struct metric metrics[] = {
    {
        URING("4k_uring", TRANSFER_SMALL, send_message, NULL),
        .summary = "sendmsg(256 B, mapped file of 4 KB) by io_uring" TRANSFER_WHERE,
        .entries = 2,
    },
    {
        URING("64k_uring", TRANSFER_LARGE, send_message, NULL),
        .summary = "sendmsg(256 B, mapped file of 64 KB) by io_uring" TRANSFER_WHERE,
        .entries = 2,
    },
    {
        URING("4k_uring_zc", TRANSFER_SMALL, send_message_zc, await_notifications),
        .summary = "sendmsg(256 B, mapped file of 4 KB) by io_uring without a copy, "
                   "its notification awaited" TRANSFER_WHERE,
        .entries = 2,
    },
    {
        URING("64k_uring_zc", TRANSFER_LARGE, send_message_zc, await_notifications),
        .summary = "sendmsg(256 B, mapped file of 64 KB) by io_uring without a copy, "
                   "its notification awaited" TRANSFER_WHERE,
        .entries = 2,
    },
};

const struct family sendfile_uring_family = FAMILY(metrics);
