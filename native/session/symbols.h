#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdbool.h>

/**
 * Hands over the kernel's symbols of instructions as /proc/kallsyms has them, which shows addresses
 * to a privileged process alone, to an emulator that watches.
 *
 * @returns false when they cannot be read (errno is set)
 */
bool hand_over_symbols(void);

#endif
