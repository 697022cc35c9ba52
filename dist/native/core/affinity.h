#ifndef AFFINITY_H
#define AFFINITY_H

#include <stdint.h>

/**
 * Pins the process, and the children it will fork, to one CPU: the wanted one when the affinity
 * mask allows it, else the first that it allows.
 *
 * @param wanted a CPU's number, or any number that no CPU has
 * @returns the CPU it runs on; without the right to pin itself, the one it is on just now
 */
unsigned pin_to_cpu(uint64_t wanted);

#endif
