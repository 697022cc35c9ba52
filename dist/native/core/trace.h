#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>

/**
 * Hands over the kernel's symbols of instructions as /proc/kallsyms has them, which shows addresses
 * to a privileged process alone, to an emulator that watches.
 *
 * @returns false when they cannot be read (errno is set)
 */
bool trace_symbols(void);

#endif
