#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

/**
 * Makes a terminal pass bytes through unchanged: no echo, no line editing, no carriage return at a
 * line's end. Its keys still send signals. Does nothing if the descriptor is no terminal.
 */
void console_make_raw(int descriptor);

/**
 * Does the same until this process returns from main() or calls exit(3).
 *
 * @returns whether it is a terminal
 */
bool console_borrow(int descriptor);

/**
 * Waits until all output is sent, if this process is an init. Its end is a panic or a restart, and
 * the console loses what it has not sent by then. Other processes do not wait: a terminal stops
 * background processes that do (tcdrain(3), SIGTTOU).
 */
void console_drain(void);

#endif
