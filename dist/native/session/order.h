#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>
#include <stdint.h>

/**
 * Writes the numbers 0 to count − 1 in a random order. The same state gives the same order.
 *
 * @param state of the generator: the seed at first; each call changes it
 * @param order receives `count` numbers
 */
void shuffle(uint64_t *state, size_t *order, size_t count);

/**
 * The seed of one process of a launch. Process 0 has `seed` itself. Process n has the n-th number
 * that the generator draws from it.
 */
uint64_t order_seed(uint64_t seed, uint64_t process);

#endif
