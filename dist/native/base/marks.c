#include "marks.h"

#include <stdint.h>

#define STRIDE ((uintptr_t)8)

/**
 * With BTI, a processor lets indirect calls arrive only at landing pads. Compilers mark an
 * executable for BTI if they make them. The instruction is a hint, which older processors skip.
 */
#if defined(__aarch64__)
#define LANDING_PAD "hint #34\n" /* bti c */
#else
#define LANDING_PAD ""
#endif

/** One function for each byte value. It only returns: the call itself is the message. */
__asm__(".pushsection .text\n"
        ".balign 8\n"
        ".globl mark_table\n"
        ".type mark_table, %function\n"
        "mark_table:\n"
        ".rept 256\n" LANDING_PAD "ret\n"
        ".balign 8\n"
        ".endr\n"
        ".size mark_table, . - mark_table\n"
        ".popsection");
extern const char mark_table[];

void mark_bytes(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        uintptr_t function = (uintptr_t)mark_table + STRIDE * (uint8_t)bytes[i];
        ((void (*)(void))function)();
    }
}
