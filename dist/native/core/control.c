#include "control.h"

#include "bench.h"
#include "clock.h"
#include "families.h"

enum { SAMPLE = 10000, SAMPLES = 5 };

void control_chain(uint64_t operations) {
    uint64_t value = 1;
    for (; operations > 0; operations--) {
        value = value * 6364136223846793005u + 1442695040888963407u;
        __asm__ volatile("" : "+r"(value)); /* forbids to compute the chain in larger strides */
    }
}

uint64_t control_calibrate(void) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < SAMPLES; i++) {
        uint64_t start = wall_ns();
        control_chain(SAMPLE);
        uint64_t elapsed = wall_ns() - start;
        least = elapsed < least ? elapsed : least;
    }
    return (uint64_t)CONTROL_BATCH_NS * SAMPLE / (least > 0 ? least : 1) + 1;
}

static bool run_alu_chain(struct bench *bench, uint64_t operations) {
    (void)bench;
    control_chain(operations);
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
};

const struct family control_family = FAMILY(metrics);
