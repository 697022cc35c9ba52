#ifndef TOKEN_H
#define TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../harness/bench.h"

/** One of the two sides that pass a token to each other. */
struct side {
    uint32_t number; /* 0: the probe; 1: its peer */
    int send, receive;
    size_t size; /* bytes of the token, if it goes through descriptors */
};

/**
 * How the token is passed. All functions but `open` return 0, or a result for bench_fail_result():
 * peers do not write to the probe's bench.
 */
struct mechanism {
    bool (*open)(struct bench *bench); /* returns false after bench_fail() */
    long (*pass)(const struct side *side);
    long (*take)(const struct side *side); /* waits until this side has the token */

    /* The probe calls these around a batch. A peer that never sleeps in `take` must sleep between
     * batches, or it would share the CPU with all that happens there. NULL for the others. */
    long (*before_batch)(void);
    long (*after_batch)(void);

    const char *passing, *taking; /* for bench_fail_result() */
    size_t size;
    unsigned char send[2],
        receive[2]; /* of each side, as indices of the descriptors that `open` made */
};

extern const struct mechanism token_by_pipe;
extern const struct mechanism token_by_eventfd;
extern const struct mechanism token_by_unix;
extern const struct mechanism token_by_futex;
extern const struct mechanism token_by_yield;

/**
 * Makes what both sides need. Side 0 has the token. Call token_close() after a failure too.
 *
 * @returns false after bench_fail()
 */
bool token_open(struct bench *bench, const struct mechanism *mechanism, struct side sides[2]);

/** Wakes a waiting peer that shares this process's descriptors, a thread, so that it ends. */
void token_hang_up(const struct mechanism *mechanism);

/** Releases everything that is open. */
void token_close(void);

#endif
