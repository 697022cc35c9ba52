#ifndef FAILURE_H
#define FAILURE_H

#include <stdbool.h>

/** Why something could not be done. */
struct failure {
    const char *operation; /* what was being done; NULL while nothing has failed */
    int error;             /* errno, or 0 when a call succeeded with a wrong result */
};

/**
 * Records a failure in place of any earlier one.
 *
 * @param operation a literal such as "socket(AF_INET)"
 * @returns false, for the caller to return
 */
bool failure_set(struct failure *failure, const char *operation, int error);

/** The status on the wire: "ok", "unsupported", "denied", "no_loopback" or "error". */
const char *failure_status(const struct failure *failure);

/** The failure's errno in words. */
const char *failure_message(const struct failure *failure);

#endif
