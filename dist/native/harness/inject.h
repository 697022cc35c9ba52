#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

#include "../base/failure.h"

/**
 * Deliberate regressions. They show whether a gate would have caught one. Each makes every system
 * call of this process and of its peers slower, needs no privilege, and cannot be undone.
 */
enum injection {
    INJECT_NOTHING = 0,
    INJECT_SECCOMP_CACHED, /* a filter that the kernel need not run (Linux 5.11): the mildest */
    INJECT_SECCOMP,        /* a filter that the kernel runs on every call */
    INJECT_USER_DISPATCH,  /* a switch that the kernel reads on every call (x86, Linux 5.11): no
                              filter */
    INJECTIONS,
};

/** The names that `--inject=` takes; NULL for INJECT_NOTHING. */
extern const char *const injection_names[INJECTIONS];

/** @returns false with the reason in `failure` */
bool inject(enum injection injection, struct failure *failure);

/**
 * A child process and a thread call this before anything is measured. Filters are inherited, the
 * switch is not. execve(2) also ends the switch.
 */
void inject_inherit(void);

#endif
