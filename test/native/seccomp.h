#ifndef SECCOMP_H
#define SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/**
 * Installs a filter on this process and on all that it runs. Returns 0 after a message on failure.
 */
static inline int install_filter(struct sock_filter *statements, unsigned short count) {
    struct sock_fprog program = {.len = count, .filter = statements};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return 1;
    perror("prctl(PR_SET_SECCOMP)");
    return 0;
}

/**
 * Runs the command in place of this process. Returns only on failure, with the exit code to use.
 */
static inline int become(char **command) {
    execvp(command[0], command);
    perror(command[0]);
    return 127;
}

#endif
