#ifndef CONTROL_H
#define CONTROL_H

#include <stdint.h>

/** Wall time of a batch of either control loop, if the clock is cheap. */
#define CONTROL_BATCH_NS 25000u

/**
 * A chain of dependent multiplications. It uses no memory and no kernel, and nothing in it can be
 * predicted, so its time shows the CPU's frequency and how much of the CPU others take. A metric's
 * time divided by the control's time beside it does not depend on the frequency.
 */
void control_chain(uint64_t operations);

/**
 * Independent additions, as many at once as a core can start. They use no memory and no kernel
 * either, but they slow down when another thread works on the same core. Kernel code then takes a
 * third longer or more, while the chain takes no longer. Inside a virtual machine nothing else
 * shows such a neighbour.
 */
void control_width(uint64_t operations);

/** How many operations of a control loop take `batch_ns` now. */
uint64_t control_calibrate(void (*loop)(uint64_t operations), uint64_t batch_ns);

#endif
