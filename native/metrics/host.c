#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/text.h"
#include "../harness/bench.h"
#include "../workload/ring.h"
#include "families.h"

/**
 * What the whole machine does while a token goes round 2 processes, from the kernel's own counts in
 * /proc (proc(5)). vmstat(8) prints the same numbers.
 */

/** Columns of the first line of /proc/stat, in ticks of all CPUs together. */
enum cpu_column { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, CPU_COLUMNS };

struct counts {
    uint64_t switches, interrupts;
    uint64_t ticks[CPU_COLUMNS];
};

/** What was counted in `wall_ns`. */
struct observation {
    struct counts counts;
    uint64_t wall_ns;
};

enum {
    HOPS_AT_ONCE = 256,
    SWITCHES_NS = 50 * 1000 * 1000,
    VMSTAT_NS = 200 * 1000 * 1000, /* a tick is up to 10 ms */
    EVENTS = 1000, /* in a turn: the time of a single one would be rounded to a ns */
};

/** Room for a /proc/stat with a line for each of 4,096 CPUs and a number for each interrupt. */
static char text[1024 * 1024];

static const struct ring_shape pair = {2, 0, false};
static struct ring ring = RING_CLOSED;

static bool read_text(struct bench *bench, const char *operation, const char *path) {
    errno = 0;
    return text_read(path, text, sizeof text) || bench_fail(bench, operation, errno);
}

/** Reads the numbers after a word; 0 for each that is missing. */
static void numbers_after(const char *word, uint64_t *numbers, int count) {
    char *end = strstr(text, word);
    if (end != NULL)
        end += strlen(word);
    for (int i = 0; i < count; i++)
        numbers[i] = end != NULL ? strtoull(end, &end, 10) : 0;
}

static bool count(struct bench *bench, struct counts *counts) {
    if (!read_text(bench, "open(/proc/stat)", "/proc/stat"))
        return false;
    numbers_after("cpu ", counts->ticks, CPU_COLUMNS);
    numbers_after("\nintr ", &counts->interrupts, 1);
    numbers_after("\nctxt ", &counts->switches, 1);
    return true;
}

/** The ticks of iowait may decrease (proc(5)). */
static uint64_t growth(uint64_t before, uint64_t after) {
    return after > before ? after - before : 0;
}

static struct counts counted_between(const struct counts *before, const struct counts *after) {
    struct counts between = {
        .switches = growth(before->switches, after->switches),
        .interrupts = growth(before->interrupts, after->interrupts),
    };
    for (int i = 0; i < CPU_COLUMNS; i++)
        between.ticks[i] = growth(before->ticks[i], after->ticks[i]);
    return between;
}

static bool observe(struct bench *bench, uint64_t min_ns, struct observation *observation) {
    struct counts before, after;
    if (!count(bench, &before))
        return false;
    uint64_t start = wall_ns();
    do
        if (!ring_run(bench, &ring, HOPS_AT_ONCE))
            return false;
    while (wall_ns() - start < min_ns);
    observation->wall_ns = wall_ns() - start;
    if (!count(bench, &after))
        return false;
    observation->counts = counted_between(&before, &after);
    return true;
}

/** Sets the measured time so that one operation takes the time between two events. */
static bool note_interval(struct bench *bench, const struct observation *observation,
                          uint64_t events, uint64_t operations) {
    if (events == 0) /* gVisor has the file, but its counts stay 0 */
        return bench_fail(bench, "counting in /proc/stat", EOPNOTSUPP);
    bench->measured_ns =
        (uint64_t)((double)observation->wall_ns * (double)operations / (double)events);
    return true;
}

static bool run_switches(struct bench *bench, uint64_t operations) {
    struct observation seen;
    return observe(bench, SWITCHES_NS, &seen) &&
           note_interval(bench, &seen, seen.counts.switches, operations);
}

static void detail_rates(struct bench *bench, const struct observation *seen) {
    double seconds = (double)seen->wall_ns / 1e9;
    bench_detail(bench, "interrupts_per_second", (double)seen->counts.interrupts / seconds);
    bench_detail(bench, "switches_per_second", (double)seen->counts.switches / seconds);
}

/** As vmstat shows them, except that vmstat adds interrupts to the system's share. */
static void detail_shares(struct bench *bench, const uint64_t ticks[CPU_COLUMNS]) {
    double all = 0;
    for (int i = 0; i < CPU_COLUMNS; i++)
        all += (double)ticks[i];
    if (all == 0)
        return;
    bench_detail(bench, "user_percent", 100 * (double)(ticks[USER] + ticks[NICE]) / all);
    bench_detail(bench, "system_percent", 100 * (double)ticks[SYSTEM] / all);
    bench_detail(bench, "idle_percent", 100 * (double)ticks[IDLE] / all);
    bench_detail(bench, "iowait_percent", 100 * (double)ticks[IOWAIT] / all);
    bench_detail(bench, "steal_percent", 100 * (double)ticks[STEAL] / all);
    bench_detail(bench, "irq_percent", 100 * (double)(ticks[IRQ] + ticks[SOFTIRQ]) / all);
}

static bool detail_load(struct bench *bench) {
    if (!read_text(bench, "open(/proc/loadavg)", "/proc/loadavg"))
        return false;
    bench_detail(bench, "load_1m", strtod(text, NULL));
    return true;
}

static bool detail_memory(struct bench *bench) {
    static const struct {
        const char *field, *detail;
    } memory[] = {
        {"MemFree", "memory_free_kib"},
        {"Buffers", "memory_buffers_kib"},
        {"Cached", "memory_cached_kib"},
    };
    char value[64];
    if (!read_text(bench, "open(/proc/meminfo)", "/proc/meminfo"))
        return false;
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++)
        if (text_field(text, memory[i].field, value, sizeof value))
            bench_detail(bench, memory[i].detail, strtod(value, NULL));
    return true;
}

static bool run_vmstat(struct bench *bench, uint64_t operations) {
    struct observation seen;
    if (!observe(bench, VMSTAT_NS, &seen) ||
        !note_interval(bench, &seen, seen.counts.interrupts, operations))
        return false;
    detail_rates(bench, &seen);
    detail_shares(bench, seen.counts.ticks);
    return detail_load(bench) && detail_memory(bench);
}

static bool setup(struct bench *bench) {
    return ring_open(bench, &ring, pair);
}

static void teardown(struct bench *bench) {
    (void)bench;
    ring_close(&ring);
}

#define HOST_METRIC(name, how)                                                                     \
    .id = "host." name, .version = 1, .slow = true, .unit = UNIT_PER_SECOND, .per_turn = EVENTS,   \
    .setup = setup, .run = (how), .teardown = teardown

static const struct metric metrics[] = {
    {
        HOST_METRIC("switches_per_second", run_switches),
        .summary = "a context switch of the whole machine while a token goes round 2 processes",
        .entries = 2,
        .switches = 1,
    },
    {
        HOST_METRIC("vmstat", run_vmstat),
        .summary = "an interrupt of the whole machine meanwhile, beside the columns of vmstat(8)",
    },
};

const struct family host_family = FAMILY(metrics);
