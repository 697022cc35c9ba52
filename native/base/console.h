#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

/**
 * Makes a terminal pass bytes on as they are: no echo, no line editing, no carriage return before a
 * line's end. Signals from its keys stay. Nothing happens to what is no terminal.
 */
void console_make_raw(int descriptor);

/**
 * The same until this process returns from main or calls exit(3).
 *
 * @returns whether it is a terminal
 */
bool console_borrow(int descriptor);

/**
 * Waits until what was written is sent, where this is an init: its end is a panic or a restart, and
 * what the console has not sent by then is lost. Nobody else waits: a terminal stops background
 * processes that do (tcdrain(3), SIGTTOU).
 */
void console_drain(void);

#endif
