#ifndef FAMILIES_H
#define FAMILIES_H

#include "metric.h"

/** One a file that measures something; catalogue.c puts them in order. */
extern const struct family control_family;
extern const struct family clock_family;
extern const struct family syscall_family;
extern const struct family context_family;
extern const struct family sendfile_tcp_family;
extern const struct family sendfile_zerocopy_family;
extern const struct family sendfile_splice_family;
extern const struct family sendfile_uring_family;
extern const struct family sendfile_local_family;
extern const struct family exact_family;

#endif
