#ifndef EXIT_CODE_H
#define EXIT_CODE_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/** Exit codes of the probe. */
enum exit_code { DONE = 0, BAD_ARGUMENTS = 2, NO_SETUP = 3, NO_ROOM = 4, LATE = 5 };

/** A child's exit code as shells report it: 128 + the signal's number if a signal ended it. */
static inline int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/** Says what failed, with errno in words, and returns the exit code. */
static inline int exit_report(enum exit_code code, const char *what) {
    fprintf(stderr, "probe: %s: %s.\n", what, strerror(errno));
    return code;
}

#endif
