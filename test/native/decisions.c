/* Makes some system calls that do nothing and prints what each returned. `decisions FILTER` makes
 * them under the seccomp filter in a file, an array of struct sock_filter. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf_common.h>
#include <string.h>
#include <sys/syscall.h>

#include "seccomp.h"

static const struct {
    const char *name;
    long number, arguments[3];
} calls[] = {
    {"getppid", SYS_getppid, {0}},
    {"read of nothing", SYS_read, {-1, 0, 0}},
    {"personality as it is", SYS_personality, {0xffffffff}},
    {"personality of Linux", SYS_personality, {0}},
    {"personality of others", SYS_personality, {0x0400000}},
    {"setns to nothing", SYS_setns, {-1, 0, 0}},
    {"unshare of nothing", SYS_unshare, {0}},
    {"kexec_load", SYS_kexec_load, {0}},
    {"kcmp", SYS_kcmp, {-1, -1, 99}},
    {"netlink socket", SYS_socket, {16, 0xff, 0}},
    {"audit socket", SYS_socket, {16, 0xff, 9}},
    {"no call at all", 100000, {0}},
};

static int load(const char *path) {
    static struct sock_filter filter[BPF_MAXINSNS];
    int file = open(path, O_RDONLY);
    ssize_t bytes = read(file, filter, sizeof filter);
    close(file);
    return bytes > 0 && install_filter(filter, (unsigned short)(bytes / (long)sizeof filter[0]));
}

int main(int count, char **words) {
    if (count > 1 && !load(words[1]))
        return 1;
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const long *own = calls[i].arguments;
        long result = syscall(calls[i].number, own[0], own[1], own[2]);
        printf("%s: %s\n", calls[i].name, result < 0 ? strerror(errno) : "done");
    }
    return 0;
}
