#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h> /* needs struct timespec */

#include "../base/raw_call.h"
#include "../workload/transfer.h"
#include "families.h"

/**
 * MSG_ZEROCOPY (Documentation/networking/msg_zerocopy.rst): the kernel sends from the caller's
 * pages. The socket's error queue tells the caller when it may change them again, and whether the
 * kernel copied them after all. Over loopback it always does: a local receiver could otherwise pin
 * the sender's pages for as long as it likes.
 */

/**
 * Calls without a completion yet; and completed calls since the setup, of which `copied` were
 * copied.
 */
static uint64_t outstanding;
static uint64_t completed;
static uint64_t copied;

/**
 * Room for a message from the error queue: one structure, and the address that the protocol adds.
 */
static _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct sock_extended_err) +
                                                        sizeof(struct sockaddr_in))];

static bool prepare(struct bench *bench, struct transfer *transfer) {
    const int on = 1;
    outstanding = completed = copied = 0;
    return setsockopt(transfer->loopback.sender, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) == 0 ||
           bench_fail(bench, "setsockopt(SO_ZEROCOPY)", errno);
}

/** One message may complete a range of calls. Their numbers wrap. */
static bool note_completion(struct bench *bench, struct msghdr *message) {
    const struct cmsghdr *part = CMSG_FIRSTHDR(message);
    if (part == NULL || part->cmsg_level != SOL_IP || part->cmsg_type != IP_RECVERR)
        return bench_fail(bench, "recvmsg(MSG_ERRQUEUE)", 0);
    const struct sock_extended_err *error = (const void *)CMSG_DATA(part);
    if (error->ee_origin != SO_EE_ORIGIN_ZEROCOPY || error->ee_errno != 0)
        return bench_fail(bench, "recvmsg(MSG_ERRQUEUE)", (int)error->ee_errno);
    uint64_t calls = (uint64_t)(uint32_t)(error->ee_data - error->ee_info) + 1;
    if (calls > outstanding)
        return bench_fail(bench, "recvmsg(MSG_ERRQUEUE)", 0);
    outstanding -= calls;
    completed += calls;
    if ((error->ee_code & SO_EE_CODE_ZEROCOPY_COPIED) != 0)
        copied += calls;
    return true;
}

static bool reap(struct bench *bench, struct transfer *transfer) {
    while (outstanding > 0) {
        struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
        long result =
            raw_call(SYS_recvmsg, transfer->loopback.sender, (long)&message, MSG_ERRQUEUE, 0, 0, 0);
        if (result == -EAGAIN) {
            if (!loopback_wait(bench, &transfer->loopback, 0))
                return false;
        } else if (result < 0) {
            return bench_fail_result(bench, "recvmsg(MSG_ERRQUEUE)", result);
        } else if (!note_completion(bench, &message)) {
            return false;
        }
    }
    return true;
}

/** Completions use the socket's optmem. After ENOBUFS, pending completions must be taken first. */
static bool make_room(struct bench *bench, struct transfer *transfer, long result) {
    bool reap_first = result == -ENOBUFS && outstanding > 0;
    return loopback_make_room(bench, &transfer->loopback, "sendmsg(MSG_ZEROCOPY)",
                              reap_first ? -EAGAIN : result) &&
           (!reap_first || reap(bench, transfer));
}

static bool send_zerocopy(struct bench *bench, struct transfer *transfer) {
    struct iovec buffers[2];
    const struct msghdr message = {.msg_iov = buffers, .msg_iovlen = 2};
    transfer_gather(transfer, buffers);
    for (size_t left = TRANSFER_HEADER + transfer->size; left > 0;) {
        long result =
            raw_call(SYS_sendmsg, transfer->loopback.sender, (long)&message, MSG_ZEROCOPY, 0, 0, 0);
        if (result > 0) {
            outstanding++;
            left = loopback_advance(buffers, (size_t)result);
        } else if (!make_room(bench, transfer, result)) {
            return false;
        }
    }
    return true;
}

static void note(struct bench *bench) {
    if (completed > 0)
        bench_detail(bench, "copied_share", (double)copied / (double)completed);
}

#define ZEROCOPY(name, bytes_of_file)                                                              \
    .id = "sendfile.tcp_" name "_zerocopy", .version = 1, TRANSFER_HOOKS, .entries = 3,            \
    .bytes = TRANSFER_HEADER + (bytes_of_file), .parameters = &(const struct strategy) {           \
        .size = (bytes_of_file), .header = TRANSFER_HEADER, .prepare = prepare,                    \
        .send = send_zerocopy, .settle = reap, .note = note                                        \
    }

static const struct metric metrics[] = {
    {
        ZEROCOPY("4k", TRANSFER_SMALL),
        .summary = "sendmsg(256 B, mapped file of 4 KB, MSG_ZEROCOPY), its completion "
                   "reaped" TRANSFER_WHERE,
    },
    {
        ZEROCOPY("64k", TRANSFER_LARGE),
        .summary = "sendmsg(256 B, mapped file of 64 KB, MSG_ZEROCOPY), its completion "
                   "reaped" TRANSFER_WHERE,
    },
};

const struct family sendfile_zerocopy_family = FAMILY(metrics);
