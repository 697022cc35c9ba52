/**
 * slowdown [N] COMMAND [ARGUMENT…]: runs a command and makes each of its system calls a little
 * slower.
 *
 * It installs N seccomp filters (default 1) that allow everything. Since Linux 5.11 (commit
 * 8e01b51a31a1, "seccomp/cache: Add "emulator" to check if filter is constant allow"), the kernel
 * skips a filter that allows a call by its number alone. These filters look at an argument, so they
 * run on every call. That is a real regression of every kernel entry: about 25 ns for each filter,
 * and as much again for the first, which takes the entry off its fast path.
 */
#include <ctype.h>
#include <stdlib.h>

#include "seccomp.h"

static int install_slowdown(void) {
    struct sock_filter statements[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install_filter(statements, sizeof statements / sizeof statements[0]);
}

int main(int argc, char **argv) {
    char **command = argv + 1;
    long filters = 1;
    if (argc > 1 && isdigit((unsigned char)argv[1][0]))
        filters = strtol(*command++, NULL, 10);
    if (command[0] == NULL) {
        fputs("usage: slowdown [N] COMMAND [ARGUMENT…]\n", stderr);
        return 2;
    }
    for (long i = 0; i < filters; i++)
        if (!install_slowdown())
            return 1;
    return become(command);
}
