#include "failure.h"

#include <errno.h>
#include <string.h>

bool failure_set(struct failure *failure, const char *operation, int error) {
    *failure = (struct failure){.operation = operation, .error = error};
    return false;
}

const char *failure_status(const struct failure *failure) {
    if (failure->operation == NULL)
        return "ok";
    switch (failure->error) {
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOPROTOOPT:
    case EPROTONOSUPPORT:
    case EINVAL: /* of sendfile(2), memfd_create(2) and others: this kind of file, or this flag, is
                    not supported */
        return "unsupported";
    case EPERM:
    case EACCES:
        return "denied";
    case EAFNOSUPPORT:
    case EADDRNOTAVAIL:
    case ENETUNREACH:
    case ENETDOWN:
        return "no_loopback";
    default:
        return "error";
    }
}

const char *failure_message(const struct failure *failure) {
    if (failure->error == 0)
        return "unexpected result";
    if (failure->error == ETIME || failure->error == EINTR) /* no other signal is caught */
        return "deadline passed";
    return strerror(failure->error);
}
