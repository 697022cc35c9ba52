#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** From the deadline of a process to its end at the latest: two graces, see limit_process(). */
#define LIMIT_MS_TO_KILL ((uint64_t)1000)

/**
 * Time limits. A limit that passes interrupts the blocking call under way (EINTR), so that the
 * metric ends as an error and the next one begins; a call that does not return even so ends with
 * the process, half a second after its deadline.
 */

/**
 * Starts the deadline of the whole process. Call once.
 *
 * @param exit_code of a process that had to be ended, after a sentence on standard error
 */
void limit_process(uint64_t milliseconds, int exit_code);

/** Starts the limit of one metric and round, cut short by the deadline of the process. */
void limit_metric(uint64_t nanoseconds);

/** Ends the metric's limit. */
void limit_metric_done(void);

/** Whether the limit under way has passed. */
bool limit_passed(void);

#endif
