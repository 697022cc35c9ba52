#include "inject.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include "filter.h"

const char *const injection_names[INJECTIONS] = {
    [INJECT_SECCOMP_CACHED] = "seccomp-cached",
    [INJECT_SECCOMP] = "seccomp",
};

/**
 * Allows everything. What looks at nothing but the call's number, or at nothing at all, is found
 * out when it is installed, and the kernel looks into a bitmap from then on (commit 8e01b51a31a1,
 * "seccomp/cache: Add "emulator" to check if filter is constant allow"). What looks at an argument
 * is run. Either takes the entry off its fastest path.
 *
 * Before Linux 5.16 a filter also disables speculative store bypass, which slows all code of the
 * process and not its calls; the flag leaves that as it is. Kernels without it are from before
 * that.
 */
static bool inject_filter(bool looks_at_argument, struct failure *failure) {
    const struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_filter *begin = looks_at_argument ? filter : filter + 1;
    unsigned short length = looks_at_argument ? 2 : 1;
    return filter_install(begin, length, SECCOMP_FILTER_FLAG_SPEC_ALLOW, failure) == 0 ||
           (failure->error == EINVAL && filter_install(begin, length, 0, failure) == 0);
}

bool inject(enum injection injection, struct failure *failure) {
    switch (injection) {
    case INJECT_SECCOMP_CACHED:
        return inject_filter(false, failure);
    case INJECT_SECCOMP:
        return inject_filter(true, failure);
    default:
        return true;
    }
}
