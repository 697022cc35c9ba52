#ifndef TOKEN_H
#define TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../harness/bench.h"

/** One of the two participants between whom a token goes to and fro. */
struct side {
    uint32_t number; /* 0: the probe; 1: its peer */
    int send, receive;
    size_t size; /* bytes of the token, where it goes through descriptors */
};

/**
 * By what the token is handed over. All but `open` return 0 or what bench_fail_result() takes: the
 * bench is the probe's, and no peer writes to it.
 */
struct mechanism {
    bool (*open)(struct bench *bench); /* returns false after bench_fail() */
    long (*pass)(const struct side *side);
    long (*take)(const struct side *side); /* waits until the token is this side's */

    /* Around a batch, by the probe: a peer that never sleeps in `take` does so between batches, or
     * it would share the CPU with all that is done there. NULL for the others. */
    long (*rouse)(void);
    long (*lull)(void);

    const char *passing, *taking; /* literals, for bench_fail_result() */
    size_t size;
    unsigned char send[2], receive[2]; /* of each side: which of the descriptors that `open` made */
};

extern const struct mechanism token_by_pipe;
extern const struct mechanism token_by_eventfd;
extern const struct mechanism token_by_unix;
extern const struct mechanism token_by_futex;
extern const struct mechanism token_by_yield;

/**
 * Makes what both sides need; side 0 has the token. What was made before a failure is
 * token_close()'s to release.
 *
 * @returns false after bench_fail()
 */
bool token_open(struct bench *bench, const struct mechanism *mechanism, struct side sides[2]);

/** Ends the waiting of a peer that shares this process's descriptors, a thread. */
void token_hang_up(const struct mechanism *mechanism);

/** Releases everything; nothing when nothing is open. */
void token_close(void);

#endif
