#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>

#include "../base/failure.h"

/**
 * Turns the kernel's audit on and gives it the rules that a file holds: each a struct
 * audit_rule_data with its texts, one behind the other. They are the whole machine's, and of those
 * processes alone that begin afterwards (kernel/auditsc.c, audit_alloc()).
 *
 * @returns false with the reason in `failure`: EPROTONOSUPPORT where the kernel has no audit
 */
bool audit_load(const char *path, struct failure *failure);

#endif
