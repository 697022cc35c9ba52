#include "order.h"

/** SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Any seed is good, also 0. */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/** Fisher and Yates. The bias of the remainder is below 2^-50 for any catalogue. */
void shuffle(uint64_t *state, size_t *order, size_t count) {
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = next_random(state) % i;
        size_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}

uint64_t order_seed(uint64_t seed, uint64_t process) {
    uint64_t state = seed;
    for (uint64_t i = 0; i < process; i++)
        seed = next_random(&state);
    return seed;
}
