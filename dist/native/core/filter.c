#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "raw_call.h"

static int fail(struct failure *failure, const char *operation, int error) {
    *failure = (struct failure){.operation = operation, .error = error};
    return -1;
}

int filter_install(const struct sock_filter *filter, unsigned short length, unsigned flags,
                   struct failure *failure) {
    /* The kernel only reads it: the member is not const since it is as old as BPF. */
    struct sock_fprog program = {.len = length, .filter = (struct sock_filter *)filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(failure, "prctl(PR_SET_NO_NEW_PRIVS)", errno);
    long result = raw_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, (long)&program, 0, 0, 0);
    if (result < 0)
        return fail(failure, "seccomp(SECCOMP_SET_MODE_FILTER)", (int)-result);
    return (int)result;
}
