#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** The longest time from the deadline of a process to its kill, see limit_process(). */
#define LIMIT_MS_TO_KILL ((uint64_t)1000)

/**
 * Time limits. When a limit passes, it interrupts the blocking call (EINTR): the metric ends with
 * an error and the next one begins. If the call still does not return, the process ends half a
 * second after its deadline.
 */

/**
 * Starts the deadline of the whole process. Call it once.
 *
 * @param exit_code if the process must be ended, after a sentence on standard error
 */
void limit_process(uint64_t milliseconds, int exit_code);

/** Starts the limit of one metric in one round. The deadline of the process may cut it short. */
void limit_metric(uint64_t nanoseconds);

/** Ends the metric's limit. */
void limit_metric_done(void);

/** Whether the current limit has passed. */
bool limit_passed(void);

#endif
