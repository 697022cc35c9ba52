#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "raw_call.h"

int filter_install(const struct sock_filter *filter, unsigned short length, unsigned flags,
                   struct failure *failure) {
    /* The kernel only reads the filter. The member lacks a const because it is as old as BPF. */
    struct sock_fprog program = {.len = length, .filter = (struct sock_filter *)filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        failure_set(failure, "prctl(PR_SET_NO_NEW_PRIVS)", errno);
        return -1;
    }
    long result = raw_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, (long)&program, 0, 0, 0);
    if (result < 0)
        failure_set(failure, "seccomp(SECCOMP_SET_MODE_FILTER)", (int)-result);
    return (int)result;
}

bool filter_load(const char *path, struct failure *failure) {
    static struct sock_filter filter[BPF_MAXINSNS + 1];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return failure_set(failure, "opening the seccomp filter failed", errno);
    ssize_t bytes = read(file, filter, sizeof filter);
    int error = errno;
    close(file);
    if (bytes < 0)
        return failure_set(failure, "reading the seccomp filter failed", error);
    size_t length = (size_t)bytes / sizeof filter[0];
    if (length == 0 || length > BPF_MAXINSNS || (size_t)bytes % sizeof filter[0] != 0)
        return failure_set(failure, "reading the seccomp filter failed", EINVAL);
    return filter_install(filter, (unsigned short)length, 0, failure) == 0;
}
