#ifndef RAW_CALL_H
#define RAW_CALL_H

#include <sys/syscall.h>

/**
 * Enters the kernel without libc: no errno, no cancellation point, only the instruction and a
 * return.
 *
 * It is a function that is not inlined, because of its return. Some kernels spoil the prediction of
 * their own returns ("Safe RET", Zen 1 to 4: Documentation/admin-guide/hw-vuln/srso.rst). There, a
 * loop that never returns from a function is in one of two states, by chance and for seconds. In
 * one of them, kernel code takes a third longer. Programs return after their calls and are always
 * in the second state. Elsewhere the return costs a nanosecond.
 *
 * @returns what the kernel returns: a negative errno on failure
 */
long raw_call(long number, long a, long b, long c, long d, long e, long f);

#endif
