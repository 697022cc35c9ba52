#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdbool.h>

/**
 * Hands the kernel's code symbols to an emulator that traces, as /proc/kallsyms shows them. Only a
 * privileged process sees their addresses.
 *
 * @returns false if they cannot be read (errno is set)
 */
bool hand_over_symbols(void);

#endif
