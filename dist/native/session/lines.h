#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/affinity.h"
#include "../base/clock.h"
#include "../base/wire.h"
#include "../harness/measure.h"
#include "../harness/tail.h"

/** The version of the lines. Raised when a reader of older versions could misread them. */
#define WIRE_VERSION 2

/**
 * The lines of the wire format. src/probe/lines.ts reads them. Field names are in camelCase, as in
 * the run record. Readers ignore unknown fields, so lines may grow without a new version.
 *
 * Each function returns what wire_end_line() returns.
 */

/** The catalogue as one line, for `--list`. */
bool line_catalogue(struct wire *wire);

/** The first line: which process measures, on which CPU, by which clock. */
bool line_hello(struct wire *wire, const struct wall_clock *clock, struct placement placement,
                bool environment);

/** One metric in one round: its batches, or why there are none. */
bool line_metric(struct wire *wire, const struct bench *bench, uint64_t round,
                 const struct series *series, const struct measure *measure);

/** The clock and the counters of the second pass: rate and cost, or why they cannot be used. */
bool line_tails(struct wire *wire, const struct cycle_clock *clock,
                const struct counters *counters);

/** Quantiles of the single operations of one metric, or why there are none. */
bool line_tail(struct wire *wire, const struct bench *bench, const struct tail *tail,
               const struct cycle_clock *clock);

/** The last line. Without it, a launch counts as failed. */
bool line_end(struct wire *wire, uint64_t elapsed_ns);

#endif
