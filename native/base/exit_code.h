#ifndef EXIT_CODE_H
#define EXIT_CODE_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/** How the probe ends; CONTRIBUTING.md has them for its readers. */
enum exit_code { DONE = 0, BAD_ARGUMENTS = 2, NO_SETUP = 3, NO_ROOM = 4, LATE = 5 };

/** How a child ended, as shells tell it: its exit code, or 128 + the signal's number. */
static inline int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/** Says what failed, with errno in words, and returns the exit code. */
static inline int exit_report(enum exit_code code, const char *what) {
    fprintf(stderr, "probe: %s: %s.\n", what, strerror(errno));
    return code;
}

#endif
