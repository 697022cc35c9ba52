#ifndef AFFINITY_H
#define AFFINITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Where a process runs. */
struct placement {
    unsigned cpu;
    bool pinned; /* it stays there; otherwise `cpu` is the one it was on just then */
};

/**
 * Pins the process, and the children it will fork, to one CPU: the wanted one when the affinity
 * mask allows it, else the first that it allows.
 *
 * @param wanted a CPU's number, or any number that no CPU has
 * @returns where it runs, as the kernel says: some accept a pinning that they do not heed
 */
struct placement pin_to_cpu(uint64_t wanted);

/**
 * Pins another process of the same user to a CPU that this process may not run on.
 *
 * @returns 0, or an errno: EINVAL when there is no such CPU
 */
int pin_elsewhere(pid_t process);

#endif
