#ifndef BARE_H
#define BARE_H

#include <stdbool.h>

/**
 * Removes `--bare` and all words before it from the command line. The kernel passes words of its
 * own command line that it does not know to init (Documentation/admin-guide/kernel-parameters.rst),
 * such as `nokaslr`.
 *
 * @returns whether it was there
 */
bool bare_asked(int *argc, char **argv);

/**
 * Runs as the init of a kernel that has nothing else. It makes what the metrics need (/proc, /sys,
 * devices, the loopback interface) and starts a child. When the child ends, it writes a line of
 * type `exit` with the child's exit code and restarts the machine; QEMU with `-no-reboot` then
 * ends. If something cannot be made, standard error says so, and metrics report what they miss.
 *
 * @returns in the child, with true; or false after a sentence if this process is not init
 */
bool bare_begin(void);

#endif
