#include <string.h>

#include "../harness/bench.h"
#include "../harness/control.h"
#include "families.h"

static bool run_alu_width(struct bench *bench, uint64_t operations) {
    (void)bench;
    control_width(operations);
    return true;
}

static bool run_alu_chain(struct bench *bench, uint64_t operations) {
    (void)bench;
    control_chain(operations);
    return true;
}

enum { COPIED = 64 * 1024 };
static _Alignas(4096) char from[COPIED];
static _Alignas(4096) char to[COPIED];

/** Writes both buffers: memory that was never written is one shared page of zeroes. */
static bool setup_memcpy(struct bench *bench) {
    (void)bench;
    memset(from, 1, COPIED);
    memset(to, 1, COPIED);
    return true;
}

static bool run_memcpy(struct bench *bench, uint64_t operations) {
    (void)bench;
    for (; operations > 0; operations--) {
        memcpy(to, from, COPIED);
        __asm__ volatile(""
                         :
                         : "r"(to), "r"(from)
                         : "memory"); /* keeps the compiler from dropping copies */
    }
    return true;
}

static const struct metric metrics[] = {
    {
        .id = "control.alu_chain",
        .version = 1,
        .summary = "one step of a dependent multiply chain in user space",
        .per_turn = 1,
        .run = run_alu_chain,
    },
    {
        .id = "control.alu_width",
        .version = 1,
        .summary = "six independent additions in user space: slower beside a busy sibling thread",
        .per_turn = 1,
        .run = run_alu_width,
    },
    {
        .id = "control.memcpy_64k",
        .version = 1,
        .summary = "a copy of 64 KB in user space",
        .per_turn = 1,
        .setup = setup_memcpy,
        .run = run_memcpy,
    },
};

const struct family control_family = FAMILY(metrics);
