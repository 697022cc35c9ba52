#ifndef CATALOGUE_H
#define CATALOGUE_H

#include <stddef.h>

#include "../harness/metric.h"

/** Raised when the meaning of the catalogue's fields changes, not when metrics come or go. */
#define CATALOGUE_VERSION 1

/** More metrics than the catalogue has. */
#define MAX_METRICS 128

/** Number of metrics of all families. */
size_t catalogue_size(void);

/** The metric at a position from 0 to catalogue_size() − 1, in the order of FAMILIES. */
const struct metric *catalogue_at(size_t index);

/** The metric whose id is the `length` characters at `id`, or NULL. */
const struct metric *catalogue_find(const char *id, size_t length);

#endif
