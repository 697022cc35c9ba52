#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>
#include <stdint.h>

/**
 * A random order of the numbers 0 to count − 1, the same for the same seed.
 *
 * @param state the generator's state: the seed at first, moved on by each call
 * @param order where the order is written, `count` entries
 */
void shuffle(uint64_t *state, size_t *order, size_t count);

/**
 * The seed of one process of several: that of the first, 0, is `seed` itself, those of the others
 * are the numbers that the generator draws from it, the first of them for process 1.
 */
uint64_t order_seed(uint64_t seed, uint64_t process);

#endif
