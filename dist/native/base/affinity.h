#ifndef AFFINITY_H
#define AFFINITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Where a process runs. */
struct placement {
    unsigned cpu;
    bool pinned; /* false: `cpu` is where it ran when asked, and it may move */
};

/**
 * Pins this process, and the children it will fork, to one CPU: to the wanted CPU if the affinity
 * mask allows it, else to the first CPU that it allows.
 *
 * @param wanted a CPU's number, or any number that no CPU has
 * @returns where it runs according to the kernel: some kernels accept a pinning and ignore it
 */
struct placement pin_to_cpu(uint64_t wanted);

/**
 * Pins another process of the same user to a CPU that this process may not run on.
 *
 * @returns 0, or an errno: EINVAL if there is no such CPU
 */
int pin_elsewhere(pid_t process);

#endif
