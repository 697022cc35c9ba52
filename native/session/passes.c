#include "passes.h"

#include <alloca.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "../base/affinity.h"
#include "../base/clock.h"
#include "../base/exit_code.h"
#include "../base/limit.h"
#include "../harness/control.h"
#include "../harness/counters.h"
#include "../harness/cycle_clock.h"
#include "../harness/measure.h"
#include "../harness/tail.h"
#include "lines.h"
#include "order.h"
#include "symbols.h"

/** What measuring fills in. Some metrics are measured in forks, which share this memory. */
struct results {
    struct bench bench;
    struct series series;
    struct calibration calibrations[MAX_METRICS];
    struct tail tail;
};
static struct results *results;

static bool map_results(void) {
    void *memory =
        mmap(NULL, sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    results = memory;
    return memory != MAP_FAILED;
}

/** Reading a clock that counts instructions costs next to nothing, and no core is shared. */
static struct measure prepare_to_count(const struct plan *plan) {
    return (struct measure){
        .batches = plan->batches,
        .operations = plan->operations,
        .batch_ns = plan->batch_us * 1000,
        .instructions = true,
        .control_operations = 1,
        .width_operations = 1,
    };
}

static struct measure prepare_to_time(const struct plan *plan) {
    double cost_ns = wall_clock_cost_ns();
    uint64_t control_ns = wall_clock_batch_ns(cost_ns, CONTROL_BATCH_NS);
    return (struct measure){
        .batches = plan->batches,
        .operations = plan->operations,
        .batch_ns = wall_clock_batch_ns(cost_ns, plan->batch_us * 1000),
        .control_operations = control_calibrate(control_chain, control_ns),
        .width_operations = control_calibrate(control_width, control_ns),
    };
}

static uint64_t rounds_of(const struct plan *plan, size_t metric) {
    uint64_t own = plan->metrics[metric].rounds;
    return own == PLAN_UNSET ? plan->rounds : own;
}

static uint64_t max_rounds(const struct plan *plan) {
    uint64_t max = 1;
    for (size_t i = 0; i < plan->metric_count; i++)
        if (rounds_of(plan, i) > max)
            max = rounds_of(plan, i);
    return max;
}

/** Spreads the rounds of a metric that has fewer evenly over all rounds. */
static bool takes_part(uint64_t own, uint64_t round, uint64_t rounds) {
    return (round + 1) * own / rounds > round * own / rounds;
}

static bool measure_round(const struct plan *plan, struct wire *wire, uint64_t round,
                          uint64_t rounds, const size_t *order) {
    const struct measure measure =
        plan->instructions ? prepare_to_count(plan) : prepare_to_time(plan);
    for (size_t i = 0; i < plan->metric_count; i++) {
        size_t which = order[i];
        if (!takes_part(rounds_of(plan, which), round, rounds))
            continue;
        measure_metric(&measure, plan->metrics[which].metric, &results->calibrations[which],
                       &results->bench, &results->series);
        if (!line_metric(wire, &results->bench, round, &results->series, &measure))
            return false;
    }
    return true;
}

static bool measure_rounds(const struct plan *plan, struct wire *wire) {
    size_t order[MAX_METRICS];
    uint64_t random = plan->seed;
    uint64_t rounds = max_rounds(plan);
    for (uint64_t round = 0; round < rounds; round++) {
        shuffle(&random, order, plan->metric_count);
        if (!measure_round(plan, wire, round, rounds, order))
            return false;
    }
    return true;
}

static bool measure_tails(const struct plan *plan, struct wire *wire) {
    struct cycle_clock clock;
    struct counters counters;
    cycle_clock_inspect(&clock);
    counters_open(&counters);
    bool written = line_tails(wire, &clock, &counters);
    bool fit = clock.failure.operation == NULL || counters_any(&counters);
    for (size_t i = 0; written && fit && i < plan->metric_count; i++) {
        const struct metric *metric = plan->metrics[i].metric;
        if (!tail_has(metric))
            continue;
        tail_measure(&clock, &counters, metric, plan->tails, &results->bench, &results->tail);
        written = line_tail(wire, &results->bench, &results->tail, &clock);
    }
    counters_close(&counters);
    return written;
}

static bool measure(const struct plan *plan, struct wire *wire) {
    return plan->tails == PLAN_UNSET ? measure_rounds(plan, wire) : measure_tails(plan, wire);
}

static int measure_and_report(const struct plan *plan, struct wire *wire) {
    uint64_t start = wall_ns();
    struct wall_clock clock;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* while it is ignored, wait(2) does not find a child that ended */
    limit_process(plan->deadline_ms, LATE);
    struct placement placement = pin_to_cpu(plan->cpu);
    if (!map_results())
        return exit_report(NO_SETUP, "mapping memory for the batches failed");
    if (!wall_clock_inspect(&clock))
        return exit_report(NO_SETUP, "reading " WALL_CLOCK_NAME " failed");
    if (!line_hello(wire, &clock, placement, plan->environment) || !measure(plan, wire) ||
        !line_end(wire, wall_ns() - start))
        return exit_report(NO_ROOM, "writing the results failed");
    /* Last, because reading the symbols would change what is measured. A kernel may have none. */
    if (plan->symbols == 1 && !hand_over_symbols())
        exit_report(NO_SETUP, "reading /proc/kallsyms failed");
    return DONE;
}

enum { PAGE = 4096 };

/**
 * Starts at a page boundary of the stack. The arguments and the environment lie above and have any
 * length. Without this, their length would decide whether the measuring code touches one more
 * stack page, and each fork copies that page.
 */
__attribute__((noinline)) int measure_plan(const struct plan *plan, struct wire *wire) {
    volatile char *rest = alloca((uintptr_t)__builtin_frame_address(0) % PAGE);
    *rest = 0;
    int code = measure_and_report(plan, wire);
    *rest = 1; /* prevents a tail call, which would release the stack space first */
    return code;
}
