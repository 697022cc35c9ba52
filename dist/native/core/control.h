#ifndef CONTROL_H
#define CONTROL_H

#include <stdint.h>

/** Wall time that one control batch aims at where the clock is cheap. */
#define CONTROL_BATCH_NS 50000u

/**
 * A chain of dependent multiplications: no memory, no kernel, nothing to predict, so its time is
 * the CPU's frequency and what others leave of it. Dividing a metric by the control beside it
 * takes frequency changes out.
 */
void control_chain(uint64_t operations);

/** How many operations take `batch_ns` now. */
uint64_t control_calibrate(uint64_t batch_ns);

#endif
