#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "../harness/bench.h"

/**
 * A TCP connection over 127.0.0.1 of which this process holds both ends, so that no scheduler is in
 * the numbers. Both are non-blocking: when the kernel takes no more from the sender, what has
 * arrived is drained, and only when nothing has is there a wait.
 *
 * Functions that return bool return false after bench_fail().
 */
struct loopback {
    int sender;     /* the accepted end, a server's */
    int receiver;   /* the connecting end, a client's */
    size_t drained; /* bytes taken off the receiver that loopback_drain() has not accounted for */
};

#define LOOPBACK_CLOSED                                                                            \
    { .sender = -1, .receiver = -1 }

/** Connects both ends. After a failure too, what was opened is loopback_close()'s to close. */
bool loopback_open(struct bench *bench, struct loopback *loopback);

/** Closes the sender first, which resets the connection. */
void loopback_close(struct loopback *loopback);

/**
 * A socket that is bound to a free port of 127.0.0.1.
 *
 * @param type SOCK_STREAM or SOCK_DGRAM
 * @param address where its address is written
 * @returns its descriptor, or -1 after bench_fail()
 */
int loopback_socket(struct bench *bench, int type, struct sockaddr_in *address);

/**
 * A TCP socket that listens at 127.0.0.1. To close what it accepts is to reset it, by SO_LINGER,
 * which is inherited from here: thousands of launches must not leave as many ports in TIME_WAIT.
 *
 * @param address where its address is written
 * @returns its descriptor, or -1 after bench_fail()
 */
int loopback_listener(struct bench *bench, struct sockaddr_in *address);

/**
 * Connects two blocking TCP sockets; one that was opened before a failure is left open.
 *
 * @param accepted the server's, to be closed first (loopback_listener())
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

/** Takes bytes off the receiver until `total` have arrived since the last call of this function. */
bool loopback_drain(struct bench *bench, struct loopback *loopback, size_t total);

/**
 * After a send that took nothing: makes room by draining, or waits until there is room.
 *
 * @param operation the send
 * @param result what it returned: anything but -EAGAIN is its failure
 */
bool loopback_make_room(struct bench *bench, struct loopback *loopback, const char *operation,
                        long result);

/** Waits until the receiver has data, or the sender an error or one of `sender_events`. */
bool loopback_wait(struct bench *bench, const struct loopback *loopback, short sender_events);

/**
 * Takes bytes that were sent off the front of two buffers.
 *
 * @returns the bytes that are left
 */
size_t loopback_advance(struct iovec buffers[2], size_t sent);

/** Sends a request of `size` bytes from the receiver and reads it at the sender. */
bool loopback_request(struct bench *bench, struct loopback *loopback, size_t size);

/**
 * Data segments that the sender has sent so far, as TCP_INFO counts them since Linux 4.6.
 *
 * @returns -1 where the kernel does not say
 */
long loopback_segments(const struct loopback *loopback);

#endif
