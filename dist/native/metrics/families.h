#ifndef FAMILIES_H
#define FAMILIES_H

#include "../harness/metric.h"

/** All families, in the order they are listed. To add one, add its file and a line here. */
/* clang-format off */
#define FAMILIES(table)                                                                            \
    table(control)                                                                                 \
    table(clock)                                                                                   \
    table(syscall)                                                                                 \
    table(file)                                                                                    \
    table(poll)                                                                                    \
    table(signal)                                                                                  \
    table(context)                                                                                 \
    table(handoff)                                                                                 \
    table(wakeup)                                                                                  \
    table(seccomp)                                                                                 \
    table(process)                                                                                 \
    table(memory)                                                                                  \
    table(net)                                                                                     \
    table(sendfile_tcp)                                                                            \
    table(sendfile_zerocopy)                                                                       \
    table(sendfile_splice)                                                                         \
    table(sendfile_uring)                                                                          \
    table(sendfile_local)                                                                          \
    table(exact)                                                                                   \
    table(host)

#define DECLARE_FAMILY(name) extern const struct family name##_family;

FAMILIES(DECLARE_FAMILY)
/* clang-format on */

#undef DECLARE_FAMILY

#endif
