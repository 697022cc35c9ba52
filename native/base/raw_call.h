#ifndef RAW_CALL_H
#define RAW_CALL_H

#include <sys/syscall.h>

/**
 * Enters the kernel without libc: no errno, no cancellation point, nothing but the instruction and
 * a return.
 *
 * A function, and not inlined, for the return's sake. On CPUs whose kernel spoils the prediction of
 * its own returns ("Safe RET", Zen 1 to 4: Documentation/admin-guide/hw-vuln/srso.rst) a loop that
 * never returns from a function is in one of two states, by chance and for seconds: all that the
 * kernel does in it takes a third longer in the one than in the other. A program that returns after
 * its calls, as all do, is always in the second. Elsewhere the return costs a nanosecond.
 *
 * @returns what the kernel returns: a negative errno on failure
 */
long raw_call(long number, long a, long b, long c, long d, long e, long f);

#endif
