#include "affinity.h"

#include <sched.h>
#include <stddef.h>

/** The kernel refuses a mask shorter than its own (EINVAL): this one holds 65,536 CPUs. */
enum { SETS = 64 };

static cpu_set_t allowed[SETS];
static cpu_set_t chosen[SETS];

unsigned pin_to_cpu(uint64_t wanted) {
    size_t cpu = 0;
    size_t cpus = sizeof allowed * 8;
    if (sched_getaffinity(0, sizeof allowed, allowed) == 0) {
        while (cpu < cpus && !CPU_ISSET_S(cpu, sizeof allowed, allowed))
            cpu++;
        if (wanted < cpus && CPU_ISSET_S(wanted, sizeof allowed, allowed))
            cpu = wanted;
        CPU_SET_S(cpu, sizeof chosen, chosen);
        if (sched_setaffinity(0, sizeof chosen, chosen) == 0)
            return (unsigned)cpu;
    }
    int current = sched_getcpu();
    return current >= 0 ? (unsigned)current : 0;
}
