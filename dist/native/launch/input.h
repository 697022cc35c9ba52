// What a child reads as its standard input.
#ifndef SYSCALL_GATE_LAUNCH_INPUT_H
#define SYSCALL_GATE_LAUNCH_INPUT_H

#include <string>

#include "system.h"

namespace launch {

/**
 * A file without a name that holds the text, to be read from its beginning on: unlike a pipe it
 * takes any text at once, and a child that never reads it stops nobody.
 *
 * @throws SystemError when there is no memory for it
 */
Descriptor inputFile(const std::string &text);

} // namespace launch

#endif
