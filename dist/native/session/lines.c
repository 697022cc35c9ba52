#include "lines.h"

#include <unistd.h>

#include "../environment/environment.h"
#include "../metrics/catalogue.h"

static void write_text(struct wire *wire, const char *key, const char *value) {
    wire_key(wire, key);
    wire_string(wire, value);
}

static void write_number(struct wire *wire, const char *key, uint64_t value) {
    wire_key(wire, key);
    wire_integer(wire, value);
}

static void write_flag(struct wire *wire, const char *key, bool value) {
    wire_key(wire, key);
    wire_boolean(wire, value);
}

static void write_versions(struct wire *wire) {
    write_number(wire, "wire", WIRE_VERSION);
    write_number(wire, "catalogue", CATALOGUE_VERSION);
}

static const char *const units[] = {
    [UNIT_NS] = "ns",
    [UNIT_PER_SECOND] = "per_second",
    [UNIT_COUNT] = "count",
};

static void write_entry(struct wire *wire, const struct metric *metric) {
    wire_open(wire, '{');
    write_text(wire, "id", metric->id);
    write_number(wire, "version", metric->version);
    write_flag(wire, "gate", metric->gate);
    write_flag(wire, "slow", metric->slow);
    write_flag(wire, "waits", metric->waits || metric->slow);
    write_text(wire, "unit", units[metric->unit]);
    write_number(wire, "leastMarginPercent", metric->least_margin_percent);
    write_text(wire, "summary", metric->summary);
    write_number(wire, "entries", metric->entries);
    write_number(wire, "switches", metric->switches);
    write_number(wire, "bytes", metric->bytes);
    wire_close(wire, '}');
}

bool line_catalogue(struct wire *wire) {
    wire_open(wire, '{');
    write_versions(wire);
    wire_key(wire, "metrics");
    wire_open(wire, '[');
    for (size_t i = 0; i < catalogue_size(); i++)
        write_entry(wire, catalogue_at(i));
    wire_close(wire, ']');
    wire_close(wire, '}');
    return wire_end_line(wire);
}

static void write_clock(struct wire *wire, const struct wall_clock *clock) {
    wire_key(wire, "clock");
    wire_open(wire, '{');
    write_text(wire, "name", WALL_CLOCK_NAME);
    wire_key(wire, "costNs");
    wire_tenths(wire, clock->cost_ns);
    write_flag(wire, "vdso", clock->vdso);
    wire_close(wire, '}');
}

static void write_environment(struct wire *wire) {
    wire_key(wire, "environment");
    wire_open(wire, '{');
    wire_key(wire, "platform");
    write_platform(wire);
    wire_key(wire, "subject");
    write_subject(wire);
    wire_close(wire, '}');
}

bool line_hello(struct wire *wire, const struct wall_clock *clock, struct placement placement,
                bool environment) {
    wire_open(wire, '{');
    write_text(wire, "type", "hello");
    write_versions(wire);
    write_clock(wire, clock);
    write_number(wire, "cpu", placement.cpu);
    write_flag(wire, "pinned", placement.pinned);
    write_number(wire, "pid", (uint64_t)getpid());
    if (environment)
        write_environment(wire);
    wire_close(wire, '}');
    return wire_end_line(wire);
}

static void write_numbers(struct wire *wire, const char *key, const uint64_t *numbers,
                          uint64_t count) {
    wire_key(wire, key);
    wire_open(wire, '[');
    for (uint64_t i = 0; i < count; i++)
        wire_integer(wire, numbers[i]);
    wire_close(wire, ']');
}

static void write_width(struct wire *wire, const struct series *series,
                        const struct measure *measure) {
    wire_key(wire, "width");
    wire_open(wire, '{');
    write_numbers(wire, "ns", series->width_ns, series->count);
    write_number(wire, "operations", measure->width_operations);
    wire_close(wire, '}');
}

static void write_batches(struct wire *wire, const struct series *series,
                          const struct measure *measure) {
    wire_key(wire, "batches");
    wire_open(wire, '{');
    write_number(wire, "operations", series->operations);
    if (series->empty_runs > 0)
        write_number(wire, "emptyRuns", series->empty_runs);
    write_numbers(wire, "wallNs", series->wall_ns, series->count);
    write_numbers(wire, "cpuNs", series->cpu_ns, series->count);
    write_numbers(wire, "controlNs", series->control_ns, series->count);
    write_number(wire, "controlOperations", measure->control_operations);
    write_width(wire, series, measure);
    wire_close(wire, '}');
}

static void write_events(struct wire *wire, const struct series *series) {
    write_number(wire, "operations", series->operations);
    write_numbers(wire, "events", series->events, series->count);
}

static void write_details(struct wire *wire, const struct bench *bench) {
    if (bench->detail_count == 0)
        return;
    wire_key(wire, "details");
    wire_open(wire, '{');
    for (unsigned i = 0; i < bench->detail_count; i++) {
        wire_key(wire, bench->details[i].name);
        wire_decimal(wire, bench->details[i].value);
    }
    wire_close(wire, '}');
}

static void write_reason(struct wire *wire, const struct failure *failure) {
    wire_key(wire, "reason");
    wire_open(wire, '{');
    write_text(wire, "operation", failure->operation);
    write_number(wire, "errno", (uint64_t)failure->error);
    write_text(wire, "message", failure_message(failure));
    wire_close(wire, '}');
}

static void write_status(struct wire *wire, const struct failure *failure) {
    write_text(wire, "status", failure_status(failure));
    if (failure->operation != NULL)
        write_reason(wire, failure);
}

/** The first fields of a line about a metric. */
static void write_metric(struct wire *wire, const char *type, const struct bench *bench) {
    write_text(wire, "type", type);
    write_text(wire, "id", bench->metric->id);
    write_number(wire, "version", bench->metric->version);
}

bool line_metric(struct wire *wire, const struct bench *bench, uint64_t round,
                 const struct series *series, const struct measure *measure) {
    wire_open(wire, '{');
    write_metric(wire, "metric", bench);
    write_number(wire, "round", round);
    write_number(wire, "elapsedNs", series->elapsed_ns);
    write_status(wire, &bench->failure);
    if (bench->failure.operation == NULL) {
        if (bench->metric->unit == UNIT_COUNT)
            write_events(wire, series);
        else
            write_batches(wire, series, measure);
        write_details(wire, bench);
    }
    wire_close(wire, '}');
    return wire_end_line(wire);
}

static void write_decimal(struct wire *wire, const char *key, double value) {
    wire_key(wire, key);
    wire_decimal(wire, value);
}

bool line_tails(struct wire *wire, const struct cycle_clock *clock,
                const struct counters *counters) {
    wire_open(wire, '{');
    write_text(wire, "type", "tails");
    wire_key(wire, "timer");
    wire_open(wire, '{');
    write_text(wire, "name", clock->name);
    write_decimal(wire, "hz", clock->hz);
    write_decimal(wire, "stepNs", clock->step_ns);
    write_decimal(wire, "costNs", clock->cost_ns);
    write_status(wire, &clock->failure);
    wire_close(wire, '}');
    wire_key(wire, "counters");
    wire_open(wire, '{');
    write_status(wire, &counters->failure);
    wire_close(wire, '}');
    wire_close(wire, '}');
    return wire_end_line(wire);
}

/** Leaves out a quantile with fewer than ten samples beyond it: it would be chance. */
static void write_quantile(struct wire *wire, const char *key, const struct tail *tail,
                           const struct cycle_clock *clock, double share) {
    if ((1 - share) * (double)tail->count >= 10 - 1e-6)
        write_decimal(wire, key, tail_quantile_ns(tail, clock, share));
}

static void write_samples(struct wire *wire, const struct tail *tail,
                          const struct cycle_clock *clock) {
    write_number(wire, "operations", tail->operations);
    write_number(wire, "samples", tail->count);
    if (tail->count == 0)
        return;
    write_quantile(wire, "p50Ns", tail, clock, 0.5);
    write_quantile(wire, "p99Ns", tail, clock, 0.99);
    write_quantile(wire, "p999Ns", tail, clock, 0.999);
    write_decimal(wire, "maxNs", tail_quantile_ns(tail, clock, 1));
}

static void write_counters(struct wire *wire, const struct tail *tail) {
    wire_key(wire, "counters");
    wire_open(wire, '{');
    for (int i = 0; i < COUNTERS; i++)
        if (tail->counted[i])
            write_decimal(wire, counter_name((enum counter)i), tail->counters[i]);
    wire_close(wire, '}');
}

bool line_tail(struct wire *wire, const struct bench *bench, const struct tail *tail,
               const struct cycle_clock *clock) {
    wire_open(wire, '{');
    write_metric(wire, "tail", bench);
    write_status(wire, &bench->failure);
    if (bench->failure.operation == NULL) {
        write_samples(wire, tail, clock);
        write_counters(wire, tail);
    }
    wire_close(wire, '}');
    return wire_end_line(wire);
}

bool line_end(struct wire *wire, uint64_t elapsed_ns) {
    wire_open(wire, '{');
    write_text(wire, "type", "end");
    write_number(wire, "elapsedNs", elapsed_ns);
    wire_close(wire, '}');
    return wire_end_line(wire);
}
