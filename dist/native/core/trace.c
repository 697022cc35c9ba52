#include "trace.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "limit.h"
#include "marks.h"
#include "measure.h"
#include "stage.h"

/** A timer tick in one of them is the odd one out. */
enum { REPEATS = 5 };

/** Until slabs, per-CPU lists and lazily made pages are there. */
enum { WARM_UPS = 3 };

/** Of a shorter window, where it has more than a turn: as many instructions under an emulator. */
#define WINDOW_NS 500000u

typedef bool loop(struct bench *bench, uint64_t operations);

/** The arguments of trace_metric(). */
struct order {
    uint64_t operations;
    struct trace *trace;
};

bool trace_has(const struct metric *metric) {
    return metric->unit != UNIT_COUNT;
}

static bool run_marked(struct bench *bench, loop *run, uint64_t operations, struct trace *trace) {
    mark_begin();
    bool done = run(bench, operations);
    mark_end();
    trace->windows++;
    return done;
}

static bool run_pair(struct bench *bench, loop *run, struct trace *trace) {
    return run_marked(bench, run, trace->operations, trace) &&
           run_marked(bench, run, 2 * trace->operations, trace);
}

static bool repeat(struct bench *bench, struct trace *trace) {
    loop *overhead = bench->metric->overhead;
    return run_pair(bench, bench->metric->run, trace) &&
           (overhead == NULL || run_pair(bench, overhead, trace));
}

/** The same calls as between the marks, so that all of what they need is there. */
static bool warm_up(struct bench *bench, uint64_t operations) {
    loop *overhead = bench->metric->overhead;
    for (int i = 0; i < WARM_UPS; i++)
        if (!bench->metric->run(bench, 2 * operations) ||
            (overhead != NULL && !overhead(bench, operations)))
            return false;
    return true;
}

/** As many operations as asked for, where they are not too long; 0 after a failure. */
static uint64_t fitting_operations(struct bench *bench, uint64_t asked) {
    const struct metric *metric = bench->metric;
    uint64_t turn = whole_turns(metric, 1);
    uint64_t start = wall_ns();
    if (!metric->run(bench, turn) || !metric->run(bench, turn))
        return 0;
    uint64_t turn_ns = (wall_ns() - start) / 2 + 1;
    uint64_t fitting = WINDOW_NS / turn_ns * turn;
    return whole_turns(metric, asked < fitting ? asked : fitting);
}

static void trace_set_up(struct bench *bench, void *context) {
    const struct order *order = context;
    struct trace *trace = order->trace;
    limit_metric(UINT64_MAX);
    trace->overhead = bench->metric->overhead != NULL;
    trace->operations = fitting_operations(bench, order->operations);
    if (trace->operations == 0 || !warm_up(bench, trace->operations))
        return;
    for (int i = 0; i < REPEATS; i++)
        if (!repeat(bench, trace))
            return;
}

void trace_metric(const struct metric *metric, uint64_t operations, struct bench *bench,
                  struct trace *trace) {
    struct order order = {operations, trace};
    *trace = (struct trace){0};
    stage_metric(bench, metric, trace_set_up, &order);
}

/** "ffffffff81000000 T name", with "\t[module]" behind it for a module's. */
static bool is_code(const char *line) {
    const char *blank = strchr(line, ' ');
    return blank != NULL && blank[1] != '\0' && strchr("tTwW", blank[1]) != NULL;
}

bool trace_symbols(void) {
    char line[1024]; /* a name has up to 511 characters (KSYM_NAME_LEN) */
    FILE *file = fopen("/proc/kallsyms", "re");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL)
        if (is_code(line))
            mark_bytes(line, strlen(line));
    mark_end();
    return fclose(file) == 0;
}
