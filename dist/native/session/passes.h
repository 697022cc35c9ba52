#ifndef PASSES_H
#define PASSES_H

#include "../base/wire.h"
#include "plan.h"

/**
 * Measures what a plan asks for, in this process: either rounds of batches, or, with
 * `plan->tails`, one pass of single operations. Writes the lines from `hello` to `end`.
 *
 * @returns an exit code, after one sentence on standard error unless it is DONE
 */
int measure_plan(const struct plan *plan, struct wire *wire);

#endif
