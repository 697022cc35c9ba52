#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "failure.h"

/**
 * Installs a seccomp filter on this process and on all that it will start. It cannot be removed.
 *
 * @param flags of seccomp(2), SECCOMP_FILTER_FLAG_…
 * @returns the listener if `flags` ask for one, else 0; negative with the reason in `failure`
 */
int filter_install(const struct sock_filter *filter, unsigned short length, unsigned flags,
                   struct failure *failure);

/**
 * Installs the filter in a file, an array of struct sock_filter.
 *
 * @returns false with the reason in `failure`
 */
bool filter_load(const char *path, struct failure *failure);

#endif
