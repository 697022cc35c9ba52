#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/affinity.h"
#include "../base/clock.h"
#include "../base/wire.h"
#include "../harness/measure.h"
#include "../harness/tail.h"

/** The version of the lines; raised when a reader of the old ones could be misled. */
#define WIRE_VERSION 2

/**
 * The lines of the wire format, in words of the measuring side. src/probe/ reads them; a reader
 * ignores fields it does not know, so that lines may grow without a new version.
 *
 * Each returns what wire_end_line() returns.
 */

/** The catalogue as one line: what `--list` prints. */
bool line_catalogue(struct wire *wire);

/** The first line: who measures, on which CPU, by which clock. */
bool line_hello(struct wire *wire, const struct wall_clock *clock, struct placement placement,
                bool environment);

/** One metric and round: its batches, or why there are none. */
bool line_metric(struct wire *wire, const struct bench *bench, uint64_t round,
                 const struct series *series, const struct measure *measure);

/** What single operations are timed and counted with: the clock's rate and cost, or why not. */
bool line_tails(struct wire *wire, const struct cycle_clock *clock,
                const struct counters *counters);

/** Quantiles of the single operations of one metric, or why there are none. */
bool line_tail(struct wire *wire, const struct bench *bench, const struct tail *tail,
               const struct cycle_clock *clock);

/** The last line: without it a launch counts as failed. */
bool line_end(struct wire *wire, uint64_t elapsed_ns);

#endif
