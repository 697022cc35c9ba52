#include "bare.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/console.h"
#include "../base/exit_code.h"

static const struct place {
    const char *type, *path;
    bool if_there; /* only if the kernel has made the folder */
} places[] = {
    {"proc", "/proc", false},
    {"sysfs", "/sys", false},
    {"securityfs", "/sys/kernel/security", true}, /* shows the security modules */
    {"debugfs", "/sys/kernel/debug", true},       /* shows the preemption mode */
    {"tmpfs", "/tmp", false},
    {"tmpfs", "/dev/shm", false},
};

static const struct device {
    const char *path;
    unsigned major, minor;
} devices[] = {
    {"/dev/null", 1, 3},
    {"/dev/zero", 1, 5},
    {"/dev/console", 5, 1},
};

bool bare_asked(int *argc, char **argv) {
    int bare = 1;
    while (bare < *argc && strcmp(argv[bare], "--bare") != 0)
        bare++;
    if (bare >= *argc)
        return false;
    int kept = 1;
    for (int i = bare + 1; i <= *argc; i++)
        argv[kept++] = argv[i];
    *argc = kept - 1;
    return true;
}

/** EBUSY is fine: something is mounted there already, as a kernel may do with devtmpfs. */
static bool mount_at(const char *type, const char *path) {
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        fprintf(stderr, "probe: making %s failed: %s.\n", path, strerror(errno));
    if (mount(type, path, type, 0, NULL) == 0 || errno == EBUSY)
        return true;
    fprintf(stderr, "probe: mounting %s at %s failed: %s.\n", type, path, strerror(errno));
    return false;
}

/** Makes devices by hand if the kernel has no devtmpfs (CONFIG_DEVTMPFS). */
static void make_devices(void) {
    if (mount_at("devtmpfs", "/dev") || !mount_at("tmpfs", "/dev"))
        return;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        const struct device *device = &devices[i];
        if (mknod(device->path, S_IFCHR | 0666, makedev(device->major, device->minor)) != 0)
            fprintf(stderr, "probe: making %s failed: %s.\n", device->path, strerror(errno));
    }
}

static void make_places(void) {
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (!places[i].if_there || access(places[i].path, F_OK) == 0)
            mount_at(places[i].type, places[i].path);
}

static bool start_interface(int socket, const char *name) {
    struct ifreq address = {0};
    struct ifreq flags = {0};
    const struct sockaddr_in loopback = {
        .sin_family = AF_INET,
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    snprintf(address.ifr_name, sizeof address.ifr_name, "%s", name);
    snprintf(flags.ifr_name, sizeof flags.ifr_name, "%s", name);
    memcpy(&address.ifr_addr, &loopback, sizeof loopback);
    if (ioctl(socket, SIOCSIFADDR, &address) != 0 || ioctl(socket, SIOCGIFFLAGS, &flags) != 0)
        return false;
    flags.ifr_flags |= IFF_UP;
    return ioctl(socket, SIOCSIFFLAGS, &flags) == 0;
}

static void start_loopback(void) {
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0 || !start_interface(control, "lo"))
        fprintf(stderr, "probe: starting the interface lo failed: %s.\n", strerror(errno));
    if (control >= 0)
        close(control);
}

/** A kernel whose first file system has no /dev/console starts init with nothing open. */
static void open_console(void) {
    while (fcntl(STDERR_FILENO, F_GETFD) < 0)
        if (open("/dev/console", O_RDWR | O_NOCTTY) < 0)
            break;
    console_make_raw(STDIN_FILENO);
}

/** Waits for the child, and for every orphan that ends before it. */
static int wait_for(pid_t child) {
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended == child)
            return exit_code_of(status);
        if (ended < 0 && errno != EINTR)
            return NO_SETUP;
    }
}

/** Begins a new line: the child may have ended within one. */
static void restart(int code) {
    dprintf(STDOUT_FILENO, "\n{\"type\":\"exit\",\"code\":%d}\n", code);
    console_drain();
    reboot(RB_AUTOBOOT);
    fprintf(stderr, "probe: restarting the machine failed: %s.\n", strerror(errno));
    _exit(code);
}

bool bare_begin(void) {
    if (getpid() != 1) {
        fputs("probe: --bare is for the init of a bare kernel, and this process is not PID 1.\n",
              stderr);
        return false;
    }
    clearenv(); /* the kernel puts unknown words of its command line in there */
    make_devices();
    open_console();
    make_places();
    start_loopback();
    signal(SIGCHLD, SIG_DFL);
    pid_t child = fork();
    if (child < 0)
        fprintf(stderr, "probe: starting a process failed: %s.\n", strerror(errno));
    if (child != 0)
        restart(child < 0 ? NO_SETUP : wait_for(child));
    return true;
}
