/**
 * become_root COMMAND [ARGUMENT…]: if installed set-user-ID root, runs a command as root, like
 * sudo. The user who started it may not send it a signal.
 */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs("usage: become_root COMMAND [ARGUMENT…]\n", stderr);
        return 2;
    }
    if (setresuid(0, 0, 0) != 0) {
        perror("setresuid");
        return 1;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
