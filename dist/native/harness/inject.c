#include "inject.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "../base/filter.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59 /* linux/prctl.h of 5.11 */
#define PR_SYS_DISPATCH_ON 1
#endif

const char *const injection_names[INJECTIONS] = {
    [INJECT_SECCOMP_CACHED] = "seccomp-cached",
    [INJECT_SECCOMP] = "seccomp",
    [INJECT_USER_DISPATCH] = "user-dispatch",
};

/**
 * Installs a filter that allows everything. If the filter looks only at the call's number, or at
 * nothing, the kernel finds that out at installation and uses a bitmap from then on (commit
 * 8e01b51a31a1, "seccomp/cache: Add "emulator" to check if filter is constant allow"). If it looks
 * at an argument, the kernel runs it on every call. Either way, the entry leaves its fastest path.
 *
 * Before Linux 5.16 a filter also disables speculative store bypass, which slows all code of the
 * process and not only its calls. The flag prevents that. Kernels that do not know the flag do not
 * disable it.
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

/** SYSCALL_DISPATCH_FILTER_ALLOW of linux/syscall_user_dispatch.h: no call is dispatched. */
static const char selector = 0;

static bool dispatching;

/**
 * Syscall user dispatch returns calls of foreign code to the process if its selector says so
 * (Documentation/admin-guide/syscall-user-dispatch.rst). This selector never does, but the kernel
 * must read it on every call, off its fastest path.
 */
static bool inject_dispatch(struct failure *failure) {
    dispatching = prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0UL, 0UL, &selector) == 0;
    return dispatching || failure_set(failure, "prctl(PR_SET_SYSCALL_USER_DISPATCH)", errno);
}

void inject_inherit(void) {
    struct failure failure;
    if (dispatching)
        inject_dispatch(&failure);
}

bool inject(enum injection injection, struct failure *failure) {
    switch (injection) {
    case INJECT_SECCOMP_CACHED:
        return inject_filter(false, failure);
    case INJECT_SECCOMP:
        return inject_filter(true, failure);
    case INJECT_USER_DISPATCH:
        return inject_dispatch(failure);
    default:
        return true;
    }
}
