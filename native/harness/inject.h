#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

#include "../base/failure.h"

/**
 * Regressions on purpose: they show whether a gate would have caught one. Each makes every system
 * call of this process and of its peers dearer, needs no privilege, and stays for good.
 */
enum injection {
    INJECT_NOTHING = 0,
    INJECT_SECCOMP_CACHED, /* a filter that the kernel need not run, Linux 5.11: the mild one */
    INJECT_SECCOMP,        /* a filter that it has to run on every call */
    INJECT_USER_DISPATCH,  /* a switch that it reads on every call, x86 since 5.11: no filter */
    INJECTIONS,
};

/** What `--inject=` takes, by injection; NULL for none. */
extern const char *const injection_names[INJECTIONS];

/** @returns false with the reason in `failure` */
bool inject(enum injection injection, struct failure *failure);

/**
 * To be called by a child process and by a thread before anything that is measured: filters are
 * inherited, the switch is not (and execve(2) ends it, as it does all that a process did to
 * itself).
 */
void inject_inherit(void);

#endif
