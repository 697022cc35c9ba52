#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Time limits. A limit that passes interrupts the blocking call under way (EINTR), so that the
 * metric ends as an error and the next one begins; a call that cannot be interrupted ends with the
 * process, killed half a second after its deadline.
 */

/** Starts the deadline of the whole process. Call once. */
void limit_process(uint64_t milliseconds);

/** Starts the limit of one metric and round, cut short by the deadline of the process. */
void limit_metric(uint64_t nanoseconds);

/** Ends the metric's limit. */
void limit_metric_done(void);

/** Whether the limit under way has passed. */
bool limit_passed(void);

#endif
