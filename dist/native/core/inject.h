#ifndef INJECT_H
#define INJECT_H

#include "bench.h"

/**
 * Regressions on purpose: they show whether a gate would have caught one. Each makes every system
 * call of this process and of all it starts dearer, needs no privilege, and stays for good.
 */
enum injection {
    INJECT_NOTHING = 0,
    INJECT_SECCOMP_CACHED, /* a filter that the kernel need not run, Linux 5.11: the mild one */
    INJECT_SECCOMP,        /* a filter that it has to run on every call */
    INJECTIONS,
};

/** What `--inject=` takes, by injection; NULL for none. */
extern const char *const injection_names[INJECTIONS];

/** @returns false with the reason in `failure` */
bool inject(enum injection injection, struct failure *failure);

#endif
