#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "../harness/bench.h"

/**
 * A TCP connection over 127.0.0.1. This process holds both ends, so the scheduler does not affect
 * the numbers. Both ends are non-blocking: if the sender is full, the process drains what has
 * arrived, and it waits only if nothing has.
 *
 * Functions that return bool return false after bench_fail().
 */
struct loopback {
    int sender;     /* the accepted end, a server's */
    int receiver;   /* the connecting end, a client's */
    size_t drained; /* bytes read at the receiver that loopback_drain() has not counted yet */
};

#define LOOPBACK_CLOSED                                                                            \
    { .sender = -1, .receiver = -1 }

/** Connects both ends. Call loopback_close() after a failure too. */
bool loopback_open(struct bench *bench, struct loopback *loopback);

/** Closes the sender first, which resets the connection. */
void loopback_close(struct loopback *loopback);

/**
 * Makes a socket that is bound to a free port of 127.0.0.1.
 *
 * @param type SOCK_STREAM or SOCK_DGRAM
 * @param address receives its address
 * @returns its descriptor, or -1 after bench_fail()
 */
int loopback_socket(struct bench *bench, int type, struct sockaddr_in *address);

/**
 * Makes a TCP socket that listens at 127.0.0.1. Connections that it accepts inherit SO_LINGER, so
 * closing them resets them. Otherwise thousands of launches would leave as many ports in TIME_WAIT.
 *
 * @param address receives its address
 * @returns its descriptor, or -1 after bench_fail()
 */
int loopback_listener(struct bench *bench, struct sockaddr_in *address);

/**
 * Connects two blocking TCP sockets. After a failure, a socket that was opened stays open.
 *
 * @param accepted the server's; close it first, see loopback_listener()
 * @param connecting the client's
 */
bool loopback_connect(struct bench *bench, int *accepted, int *connecting);

/** Sets an option of level IPPROTO_TCP at the sender. */
bool loopback_set(struct bench *bench, const struct loopback *loopback, int option, int value);

/** Sends all bytes, with the flags of send(2). */
bool loopback_send(struct bench *bench, struct loopback *loopback, const char *bytes, size_t size,
                   int flags);

/** Sends two buffers by writev(2). */
bool loopback_send_two(struct bench *bench, struct loopback *loopback, struct iovec first,
                       struct iovec second);

/** Sends the first `size` bytes of a file by sendfile(2). */
bool loopback_send_file(struct bench *bench, struct loopback *loopback, int file, size_t size);

/** Reads at the receiver until `total` bytes have arrived since the last call of this function. */
bool loopback_drain(struct bench *bench, struct loopback *loopback, size_t total);

/**
 * After a send that took nothing: drains the receiver, or waits until the sender has room.
 *
 * @param operation the send, for bench_fail()
 * @param result of the send: anything but -EAGAIN is its failure
 */
bool loopback_make_room(struct bench *bench, struct loopback *loopback, const char *operation,
                        long result);

/** Waits until the receiver has data, or the sender an error or one of `sender_events`. */
bool loopback_wait(struct bench *bench, const struct loopback *loopback, short sender_events);

/**
 * Removes sent bytes from the front of two buffers.
 *
 * @returns the bytes that are left
 */
size_t loopback_advance(struct iovec buffers[2], size_t sent);

/** Sends a request of `size` bytes from the receiver and reads it at the sender. */
bool loopback_request(struct bench *bench, struct loopback *loopback, size_t size);

/**
 * Data segments that the sender has sent so far, as TCP_INFO counts them since Linux 4.6.
 *
 * @returns -1 if the kernel does not say
 */
long loopback_segments(const struct loopback *loopback);

#endif
