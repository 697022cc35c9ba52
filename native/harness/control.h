#ifndef CONTROL_H
#define CONTROL_H

#include <stdint.h>

/** Wall time that a batch of either control loop aims at where the clock is cheap. */
#define CONTROL_BATCH_NS 25000u

/**
 * A chain of dependent multiplications: no memory, no kernel, nothing to predict, so its time is
 * the CPU's frequency and what others leave of it. Dividing a metric by the control beside it
 * takes frequency changes out.
 */
void control_chain(uint64_t operations);

/**
 * Independent additions, as many at a time as a core can begin: no memory, no kernel, nothing to
 * predict either, but where another thread works on the same core there is less of it left. Then
 * the kernel's code, too, takes a third longer and more, while the chain, which waits for itself,
 * takes no longer at all. Inside a virtual machine nothing else tells of such a neighbour.
 */
void control_width(uint64_t operations);

/** How many operations of a control loop take `batch_ns` now. */
uint64_t control_calibrate(void (*loop)(uint64_t operations), uint64_t batch_ns);

#endif
