// A child's standard input.
#ifndef SYSCALL_GATE_LAUNCH_INPUT_H
#define SYSCALL_GATE_LAUNCH_INPUT_H

#include <string>

#include "system.h"

namespace launch {

/**
 * A file without a name that holds the text, ready to be read from its start. Unlike a pipe, it
 * takes any text at once, and a child that never reads it blocks nobody.
 *
 * @throws SystemError if there is no memory for it
 */
Descriptor inputFile(const std::string &text);

} // namespace launch

#endif
