#ifndef BARE_H
#define BARE_H

#include <stdbool.h>

/**
 * Takes `--bare` off the command line, and all in front of it: words of the kernel's own command
 * line that it does not know are its init's first arguments
 * (Documentation/admin-guide/kernel-parameters.rst), and `nokaslr` is one.
 *
 * @returns whether it was there
 */
bool bare_asked(int *argc, char **argv);

/**
 * As the init of a kernel that has nothing else: makes what the metrics need (/proc, /sys, devices,
 * the loopback interface), starts a child, and once that has ended says how in a line of type
 * `exit` and restarts the machine, which ends one that is started with `-no-reboot`. What cannot be
 * made is a sentence on standard error: the metrics say what they miss.
 *
 * @returns in the child, with true; or with false and a sentence where this is no init
 */
bool bare_begin(void);

#endif
