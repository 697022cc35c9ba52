#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/text.h"
#include "environment.h"

#define FIELD (MAX_WIRE_STRING + 1)
#define MAX_VULNERABILITIES 64
#define VULNERABILITIES "/sys/devices/system/cpu/vulnerabilities"

static void write_field(struct wire *wire, const char *key, const char *value) {
    wire_key(wire, key);
    wire_string(wire, value);
}

/** FNV-1a of a file's bytes, in hex (Fowler, Noll and Vo; draft-eastlake-fnv). */
static bool hash_file(const char *path, char *hex, size_t size) {
    unsigned char block[4096];
    unsigned long long hash = 0xcbf29ce484222325u;
    ssize_t count;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    while ((count = read(file, block, sizeof block)) > 0)
        for (ssize_t i = 0; i < count; i++)
            hash = (hash ^ block[i]) * 0x100000001b3u;
    close(file);
    snprintf(hex, size, "%016llx", hash);
    return count == 0;
}

static void write_config_hash(struct wire *wire, const char *release) {
    char path[128];
    char hash[FIELD] = UNKNOWN;
    snprintf(path, sizeof path, "/boot/config-%s", release);
    if (!hash_file("/proc/config.gz", hash, sizeof hash) && !hash_file(path, hash, sizeof hash))
        text_copy(hash, sizeof hash, UNKNOWN);
    write_field(wire, "kernelConfigHash", hash);
}

static void write_vulnerabilities(struct wire *wire) {
    wire_key(wire, "vulnerabilities");
    wire_open(wire, '{');
    DIR *directory = opendir(VULNERABILITIES);
    const struct dirent *entry;
    for (int i = 0; directory != NULL && i < MAX_VULNERABILITIES; i++) {
        char path[sizeof VULNERABILITIES + sizeof entry->d_name + 1];
        char state[FIELD];
        if ((entry = readdir(directory)) == NULL)
            break;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, VULNERABILITIES "/%s", entry->d_name);
        text_read(path, state, sizeof state);
        write_field(wire, entry->d_name, state);
    }
    if (directory != NULL)
        closedir(directory);
    wire_close(wire, '}');
}

/** The preemption model that the kernel was built with, from its version string (init/Makefile). */
static const char *built_preemption(const char *version) {
    static const char *const models[] = {"PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT_LAZY",
                                         "PREEMPT"};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (strstr(version, models[i]) != NULL)
            return models[i];
    return "PREEMPT_NONE or PREEMPT_VOLUNTARY";
}

/**
 * The mode of PREEMPT_DYNAMIC: debugfs shows it in parentheses, else the command line may set it.
 */
static const char *chosen_preemption(const char *command_line, char *modes, size_t size) {
    static const char option[] = "preempt=";
    const char *mode = NULL;
    if (text_read("/sys/kernel/debug/sched/preempt", modes, size))
        mode = strchr(modes, '(');
    if (mode != NULL)
        return mode + 1;
    mode = strstr(command_line, option);
    return mode != NULL ? mode + sizeof option - 1 : "default";
}

static void write_preemption(struct wire *wire, const char *version, const char *command_line) {
    char modes[FIELD];
    char preemption[FIELD];
    const char *built = built_preemption(version);
    text_copy(preemption, sizeof preemption, built);
    if (strcmp(built, "PREEMPT_DYNAMIC") == 0) {
        const char *mode = chosen_preemption(command_line, modes, sizeof modes);
        snprintf(preemption, sizeof preemption, "%s, %.*s", built, (int)strcspn(mode, ") "), mode);
    }
    write_field(wire, "preemption", preemption);
}

/** From /proc: a filter may forbid prctl(2) or kill for it. */
static void write_seccomp(struct wire *wire) {
    static const char *const modes[] = {"disabled", "strict", "filter"};
    char status[MAX_TEXT];
    char mode[FIELD];
    char filters[FIELD]; /* since Linux 5.9 */
    text_read("/proc/self/status", status, sizeof status);
    if (text_field(status, "Seccomp", mode, sizeof mode) && mode[0] >= '0' && mode[0] <= '2')
        text_copy(mode, sizeof mode, modes[mode[0] - '0']);
    text_field(status, "Seccomp_filters", filters, sizeof filters);
    write_field(wire, "seccompMode", mode);
    write_field(wire, "seccompFilters", filters);
}

/** The active modules, and the profile that confines this process, if a module has profiles. */
static void write_security_modules(struct wire *wire) {
    char modules[FIELD / 2];
    char profile[FIELD / 2 - 16];
    char both[FIELD];
    text_read("/sys/kernel/security/lsm", modules, sizeof modules);
    if (text_read("/proc/self/attr/current", profile, sizeof profile))
        snprintf(both, sizeof both, "%s; profile %s", modules, profile);
    else
        text_copy(both, sizeof both, modules);
    write_field(wire, "securityModules", both);
}

/**
 * The libc that the probe is linked with. It only affects the vDSO metrics; the others make raw
 * calls.
 */
static void write_libc(struct wire *wire) {
    char libc[FIELD] = UNKNOWN;
#if defined(__GLIBC__)
    snprintf(libc, sizeof libc, "glibc %d.%d", __GLIBC__, __GLIBC_MINOR__);
#endif
    write_field(wire, "libc", libc);
}

/** Container engines leave these traces. None is proof, and a bare sandbox leaves none. */
static void write_container(struct wire *wire) {
    static const char *const words[] = {"kubepods", "docker", "libpod", "containerd", "lxc"};
    char cgroup[MAX_TEXT];
    const char *container = getenv("container"); /* systemd's container interface; podman, lxc */
    if (container == NULL && access("/run/.containerenv", F_OK) == 0)
        container = "podman";
    if (container == NULL && access("/.dockerenv", F_OK) == 0)
        container = "docker";
    if (container == NULL && !text_read("/proc/self/cgroup", cgroup, sizeof cgroup))
        container = UNKNOWN;
    for (size_t i = 0; container == NULL && i < sizeof words / sizeof words[0]; i++)
        if (strstr(cgroup, words[i]) != NULL)
            container = words[i];
    write_field(wire, "container", container != NULL ? container : "none");
}

/** How the kernel schedules the probe. Processes that it starts inherit this. */
static void write_scheduler(struct wire *wire) {
    static const char *const policies[] = {"SCHED_OTHER",    "SCHED_FIFO", "SCHED_RR",
                                           "SCHED_BATCH",    NULL,         "SCHED_IDLE",
                                           "SCHED_DEADLINE", "SCHED_EXT"};
    char scheduler[FIELD] = UNKNOWN;
    struct sched_param parameters = {0};
    int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    errno = 0;
    int nice = getpriority(PRIO_PROCESS, 0);
    bool known = policy >= 0 && (size_t)policy < sizeof policies / sizeof policies[0] &&
                 policies[policy] != NULL && errno == 0 && sched_getparam(0, &parameters) == 0;
    if (known && parameters.sched_priority > 0)
        snprintf(scheduler, sizeof scheduler, "%s, priority %d", policies[policy],
                 parameters.sched_priority);
    else if (known)
        snprintf(scheduler, sizeof scheduler, "%s, nice %d", policies[policy], nice);
    write_field(wire, "scheduler", scheduler);
}

/** Whether a line of /proc/self/cgroup, "1:cpu,cpuacct:/path", is about the CPU: cgroups(7). */
static bool divides_cpu(const char *line) {
    const char *controllers = strchr(line, ':');
    if (controllers == NULL)
        return false;
    size_t length = strcspn(++controllers, ":\n");
    for (size_t i = 0; i < length; i += strcspn(controllers + i, ",:\n") + 1)
        if (strncmp(controllers + i, "cpu", 3) == 0 && strchr(",:", controllers[i + 3]) != NULL)
            return true;
    return false;
}

/** The line about the CPU in version 1, else the line of version 2, "0::/path". */
static const char *cpu_cgroup(const char *lines) {
    const char *unified = NULL;
    for (const char *line = lines; line != NULL && *line != '\0'; line++) {
        if (divides_cpu(line))
            return line;
        if (strncmp(line, "0::", 3) == 0)
            unified = line;
        if ((line = strchr(line, '\n')) == NULL)
            break;
    }
    return unified;
}

/**
 * How many groups the scheduler passes to pick the probe, as far as the cgroup namespace shows it.
 * A switch costs more at a greater depth.
 */
static void write_cgroup_depth(struct wire *wire) {
    char lines[MAX_TEXT];
    char depth[FIELD] = UNKNOWN;
    const char *line =
        text_read("/proc/self/cgroup", lines, sizeof lines) ? cpu_cgroup(lines) : NULL;
    const char *path = line != NULL ? strchr(line, '/') : NULL;
    if (path != NULL) {
        int levels = 0;
        for (; *path != '\0' && *path != '\n'; path++)
            levels += path[0] == '/' && path[1] != '\0' && path[1] != '\n';
        snprintf(depth, sizeof depth, "%d", levels);
    }
    write_field(wire, "cgroupDepth", depth);
}

/** By ioctl(2): sysfs shows the network namespace that it was mounted in. */
static void write_loopback(struct wire *wire) {
    char mtu[FIELD] = UNKNOWN;
    struct ifreq request = {.ifr_name = "lo"};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any >= 0) {
        if (ioctl(any, SIOCGIFMTU, &request) == 0)
            snprintf(mtu, sizeof mtu, "%d", request.ifr_mtu);
        close(any);
    }
    write_field(wire, "loopbackMtu", mtu);
}

/** Minimum, default and maximum, in the namespace of the reader. */
static void write_tcp_buffers(struct wire *wire) {
    char receive[FIELD];
    char transmit[FIELD];
    char both[FIELD];
    text_read("/proc/sys/net/ipv4/tcp_rmem", receive, sizeof receive);
    text_read("/proc/sys/net/ipv4/tcp_wmem", transmit, sizeof transmit);
    snprintf(both, sizeof both, "rmem %.60s; wmem %.60s", receive, transmit);
    for (char *tab = both; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    write_field(wire, "tcpBuffers", both);
}

void write_subject(struct wire *wire) {
    struct utsname name = {0};
    char command_line[MAX_TEXT];
    uname(&name);
    text_read("/proc/cmdline", command_line, sizeof command_line);

    wire_open(wire, '{');
    write_field(wire, "kernelRelease", name.release);
    write_field(wire, "kernelVersion", name.version);
    wire_key(wire, "kernelCommandLine");
    wire_long_string(wire, command_line, 4000);
    write_config_hash(wire, name.release);
    write_vulnerabilities(wire);
    write_preemption(wire, name.version, command_line);
    write_seccomp(wire);
    write_security_modules(wire);
    write_libc(wire);
    write_container(wire);
    write_scheduler(wire);
    write_cgroup_depth(wire);
    write_loopback(wire);
    write_tcp_buffers(wire);
    wire_key(wire, "probeUid");
    wire_integer(wire, geteuid());
    wire_close(wire, '}');
}
