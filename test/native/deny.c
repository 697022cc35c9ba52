/**
 * deny CALL COMMAND [ARGUMENT…]: runs a command for which one system call fails with EPERM, as
 * under a container engine's seccomp profile.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "seccomp.h"

static const struct {
    const char *name;
    unsigned number;
} calls[] = {
    {"sendfile", SYS_sendfile},
    {"socket", SYS_socket},
    {"openat", SYS_openat},
    {"pipe2", SYS_pipe2},
    {"getppid", SYS_getppid},
    {"pread64", SYS_pread64},
    {"sched_setaffinity", SYS_sched_setaffinity},
    {"seccomp", SYS_seccomp},
};

enum { CALLS = sizeof calls / sizeof calls[0] };

static int install_denial(unsigned number) {
    struct sock_filter statements[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install_filter(statements, sizeof statements / sizeof statements[0]);
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 2 && i < CALLS; i++)
        if (strcmp(argv[1], calls[i].name) == 0)
            return install_denial(calls[i].number) ? become(argv + 2) : 1;
    fputs("usage: deny CALL COMMAND [ARGUMENT…], where CALL is one of", stderr);
    for (size_t i = 0; i < CALLS; i++)
        fprintf(stderr, " %s", calls[i].name);
    fputs("\n", stderr);
    return 2;
}
