#include "loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../base/raw_call.h"
#include "scratch.h"

enum { BUFFER = 128 * 1024 };

/** Receives bytes if the kernel does not discard them. */
static char buffer[BUFFER];

int loopback_socket(struct bench *bench, int type, struct sockaddr_in *address) {
    socklen_t length = sizeof *address;
    int bound = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    if (bound < 0)
        bench_fail(bench, "socket(AF_INET)", errno);
    else if (bind(bound, (struct sockaddr *)address, length) != 0)
        bench_fail(bench, "bind(127.0.0.1)", errno);
    else if (getsockname(bound, (struct sockaddr *)address, &length) != 0)
        bench_fail(bench, "getsockname", errno);
    else
        return bound;
    scratch_close(&bound);
    return -1;
}

int loopback_listener(struct bench *bench, struct sockaddr_in *address) {
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    int listener = loopback_socket(bench, SOCK_STREAM, address);
    if (listener < 0)
        return -1;
    if (setsockopt(listener, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0)
        bench_fail(bench, "setsockopt(SO_LINGER)", errno);
    else if (listen(listener, 1) != 0)
        bench_fail(bench, "listen", errno);
    else
        return listener;
    scratch_close(&listener);
    return -1;
}

static bool connect_to(struct bench *bench, int listener, const struct sockaddr_in *address,
                       int *accepted, int *connecting) {
    *connecting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*connecting < 0)
        return bench_fail(bench, "socket(AF_INET)", errno);
    if (connect(*connecting, (const struct sockaddr *)address, sizeof *address) != 0)
        return bench_fail(bench, "connect(127.0.0.1)", errno);
    *accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return *accepted >= 0 || bench_fail(bench, "accept4", errno);
}

bool loopback_connect(struct bench *bench, int *accepted, int *connecting) {
    struct sockaddr_in address;
    int listener = loopback_listener(bench, &address);
    bool connected = listener >= 0 && connect_to(bench, listener, &address, accepted, connecting);
    scratch_close(&listener);
    return connected;
}

bool loopback_open(struct bench *bench, struct loopback *loopback) {
    *loopback = (struct loopback)LOOPBACK_CLOSED;
    if (!loopback_connect(bench, &loopback->sender, &loopback->receiver))
        return false;
    return (fcntl(loopback->sender, F_SETFL, O_NONBLOCK) == 0 &&
            fcntl(loopback->receiver, F_SETFL, O_NONBLOCK) == 0) ||
           bench_fail(bench, "fcntl(O_NONBLOCK)", errno);
}

void loopback_close(struct loopback *loopback) {
    scratch_close(&loopback->sender);
    scratch_close(&loopback->receiver);
}

bool loopback_set(struct bench *bench, const struct loopback *loopback, int option, int value) {
    long result = raw_call(SYS_setsockopt, loopback->sender, IPPROTO_TCP, option, (long)&value,
                           sizeof value, 0);
    return result == 0 || bench_fail_result(bench, "setsockopt(IPPROTO_TCP)", result);
}

bool loopback_wait(struct bench *bench, const struct loopback *loopback, short sender_events) {
    struct pollfd ends[] = {
        {.fd = loopback->receiver, .events = POLLIN},
        {.fd = loopback->sender, .events = sender_events},
    };
    return poll(ends, 2, -1) > 0 || bench_fail(bench, "poll", errno);
}

/**
 * Reads at most `size` bytes at the receiver. With MSG_TRUNC, TCP discards them without a copy
 * (tcp(7)): that copy would be the same for every way of sending.
 *
 * @returns the number of bytes, or a negative errno: -EAGAIN, or -EPIPE at the end of the stream
 */
static long take(const struct loopback *loopback, size_t size) {
    size_t room = size < BUFFER ? size : BUFFER;
    long taken =
        raw_call(SYS_recvfrom, loopback->receiver, (long)buffer, (long)room, MSG_TRUNC, 0, 0);
    if (taken == -EINVAL || taken == -EOPNOTSUPP)
        taken = raw_call(SYS_recvfrom, loopback->receiver, (long)buffer, (long)room, 0, 0, 0);
    return taken == 0 ? -EPIPE : taken;
}

bool loopback_drain(struct bench *bench, struct loopback *loopback, size_t total) {
    while (loopback->drained < total) {
        long taken = take(loopback, total - loopback->drained);
        if (taken > 0)
            loopback->drained += (size_t)taken;
        else if (taken != -EAGAIN)
            return bench_fail_result(bench, "recv", taken);
        else if (!loopback_wait(bench, loopback, 0))
            return false;
    }
    loopback->drained = 0;
    return true;
}

bool loopback_make_room(struct bench *bench, struct loopback *loopback, const char *operation,
                        long result) {
    if (result != -EAGAIN)
        return bench_fail_result(bench, operation, result);
    long taken = take(loopback, BUFFER);
    if (taken > 0) {
        loopback->drained += (size_t)taken;
        return true;
    }
    if (taken != -EAGAIN)
        return bench_fail_result(bench, "recv", taken);
    return loopback_wait(bench, loopback, POLLOUT);
}

bool loopback_send(struct bench *bench, struct loopback *loopback, const char *bytes, size_t size,
                   int flags) {
    for (size_t sent = 0; sent < size;) {
        long result = raw_call(SYS_sendto, loopback->sender, (long)(bytes + sent),
                               (long)(size - sent), flags, 0, 0);
        if (result > 0)
            sent += (size_t)result;
        else if (!loopback_make_room(bench, loopback, "send", result))
            return false;
    }
    return true;
}

size_t loopback_advance(struct iovec buffers[2], size_t sent) {
    for (int i = 0; i < 2; i++) {
        size_t part = sent < buffers[i].iov_len ? sent : buffers[i].iov_len;
        buffers[i].iov_base = (char *)buffers[i].iov_base + part;
        buffers[i].iov_len -= part;
        sent -= part;
    }
    return buffers[0].iov_len + buffers[1].iov_len;
}

bool loopback_send_two(struct bench *bench, struct loopback *loopback, struct iovec first,
                       struct iovec second) {
    struct iovec buffers[] = {first, second};
    for (size_t left = first.iov_len + second.iov_len; left > 0;) {
        long result = raw_call(SYS_writev, loopback->sender, (long)buffers, 2, 0, 0, 0);
        if (result > 0)
            left = loopback_advance(buffers, (size_t)result);
        else if (!loopback_make_room(bench, loopback, "writev", result))
            return false;
    }
    return true;
}

bool loopback_send_file(struct bench *bench, struct loopback *loopback, int file, size_t size) {
    for (off_t offset = 0; (size_t)offset < size;) { /* the kernel advances the offset */
        long result = raw_call(SYS_sendfile, loopback->sender, file, (long)&offset,
                               (long)(size - (size_t)offset), 0, 0);
        if (result <= 0 && !loopback_make_room(bench, loopback, "sendfile", result))
            return false;
    }
    return true;
}

bool loopback_request(struct bench *bench, struct loopback *loopback, size_t size) {
    long result = raw_call(SYS_sendto, loopback->receiver, (long)buffer, (long)size, 0, 0, 0);
    if (result != (long)size)
        return bench_fail_result(bench, "send(request)", result);
    for (size_t left = size; left > 0;) {
        result = raw_call(SYS_recvfrom, loopback->sender, (long)buffer, (long)left, 0, 0, 0);
        if (result > 0)
            left -= (size_t)result;
        else if (result != -EAGAIN)
            return bench_fail_result(bench, "recv(request)", result == 0 ? -EPIPE : result);
        else if (!loopback_wait(bench, loopback, POLLIN))
            return false;
    }
    return true;
}
