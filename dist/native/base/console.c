#include "console.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int borrowed;
static struct termios before;

static void restore(void) {
    tcsetattr(borrowed, TCSADRAIN, &before);
}

/** TCSANOW drops no input: the plan may have begun to arrive. */
static void make_raw(int descriptor, struct termios settings) {
    cfmakeraw(&settings);
    settings.c_lflag |= ISIG;
    tcsetattr(descriptor, TCSANOW, &settings);
}

void console_make_raw(int descriptor) {
    struct termios settings;
    if (tcgetattr(descriptor, &settings) == 0)
        make_raw(descriptor, settings);
}

bool console_borrow(int descriptor) {
    if (tcgetattr(descriptor, &before) != 0)
        return false;
    borrowed = descriptor;
    if (atexit(restore) == 0)
        make_raw(descriptor, before);
    return true;
}

void console_drain(void) {
    if (getpid() == 1)
        tcdrain(STDOUT_FILENO);
}
