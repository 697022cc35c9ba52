/**
 * deny CALL COMMAND [ARGUMENT…]: runs a command for which one system call fails with EPERM, as
 * under a container engine's seccomp profile.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "seccomp.h"

#define PRCTL_USER_DISPATCH 59 /* PR_SET_SYSCALL_USER_DISPATCH of Linux 5.11 */

static const struct {
    const char *name;
    unsigned number;
    unsigned first_argument; /* 0: any */
} calls[] = {
    {"sendfile", SYS_sendfile, 0},
    {"socket", SYS_socket, 0},
    {"openat", SYS_openat, 0},
    {"pipe2", SYS_pipe2, 0},
    {"getppid", SYS_getppid, 0},
    {"pread64", SYS_pread64, 0},
    {"sched_setaffinity", SYS_sched_setaffinity, 0},
    {"user_dispatch", SYS_prctl, PRCTL_USER_DISPATCH},
    {"seccomp", SYS_seccomp, 0},
};

enum { CALLS = sizeof calls / sizeof calls[0] };

static int install_denial(unsigned number, unsigned first_argument) {
    const unsigned compared = first_argument == 0 ? 0 : ~0U;
    struct sock_filter statements[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, compared),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first_argument, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install_filter(statements, sizeof statements / sizeof statements[0]);
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 2 && i < CALLS; i++)
        if (strcmp(argv[1], calls[i].name) == 0)
            return install_denial(calls[i].number, calls[i].first_argument) ? become(argv + 2) : 1;
    fputs("usage: deny CALL COMMAND [ARGUMENT…], where CALL is one of", stderr);
    for (size_t i = 0; i < CALLS; i++)
        fprintf(stderr, " %s", calls[i].name);
    fputs("\n", stderr);
    return 2;
}
