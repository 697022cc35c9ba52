#ifndef EXIT_CODE_H
#define EXIT_CODE_H

#include <sys/wait.h>

/** How the probe ends; CONTRIBUTING.md has them for its readers. */
enum exit_code { DONE = 0, BAD_ARGUMENTS = 2, NO_SETUP = 3, NO_ROOM = 4, LATE = 5 };

/** How a child ended, as shells tell it: its exit code, or 128 + the signal's number. */
static inline int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
