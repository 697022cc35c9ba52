#include "affinity.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>

/** Room for 65,536 CPUs: the kernel refuses a mask shorter than its own (EINVAL). */
enum { SETS = 64 };

static cpu_set_t allowed[SETS];
static cpu_set_t chosen[SETS];

/** The wanted CPU if it is allowed, else the first allowed one. */
static size_t choose(uint64_t wanted) {
    size_t cpus = sizeof allowed * 8;
    if (wanted < cpus && CPU_ISSET_S(wanted, sizeof allowed, allowed))
        return wanted;
    size_t cpu = 0;
    while (cpu < cpus && !CPU_ISSET_S(cpu, sizeof allowed, allowed))
        cpu++;
    return cpu;
}

struct placement pin_to_cpu(uint64_t wanted) {
    size_t cpu = 0;
    bool pinned = false;
    if (sched_getaffinity(0, sizeof allowed, allowed) == 0) {
        cpu = choose(wanted);
        CPU_SET_S(cpu, sizeof chosen, chosen);
        /* With one allowed CPU, the probe is pinned already. */
        pinned = sched_setaffinity(0, sizeof chosen, chosen) == 0 ||
                 CPU_COUNT_S(sizeof allowed, allowed) == 1;
    }
    int current = sched_getcpu();
    if (current < 0) /* getcpu(2) is missing or denied */
        return (struct placement){.cpu = pinned ? (unsigned)cpu : 0, .pinned = pinned};
    return (struct placement){
        .cpu = (unsigned)current,
        .pinned = pinned && (size_t)current == cpu,
    };
}

/** Asks for every CPU. The kernel grants those of the cpuset (sched_setaffinity(2)). */
static bool widen(pid_t process) {
    memset(chosen, 0xff, sizeof chosen);
    return sched_setaffinity(process, sizeof chosen, chosen) == 0 &&
           sched_getaffinity(process, sizeof chosen, chosen) == 0;
}

int pin_elsewhere(pid_t process) {
    if (sched_getaffinity(0, sizeof allowed, allowed) != 0 || !widen(process))
        return errno;
    size_t cpus = sizeof chosen * 8;
    size_t cpu = 0;
    while (cpu < cpus &&
           (!CPU_ISSET_S(cpu, sizeof chosen, chosen) || CPU_ISSET_S(cpu, sizeof allowed, allowed)))
        cpu++;
    if (cpu == cpus)
        return EINVAL;
    CPU_ZERO_S(sizeof chosen, chosen);
    CPU_SET_S(cpu, sizeof chosen, chosen);
    return sched_setaffinity(process, sizeof chosen, chosen) == 0 ? 0 : errno;
}
