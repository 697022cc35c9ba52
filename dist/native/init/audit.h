#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>

#include "../base/failure.h"

/**
 * Turns on the kernel's audit and loads rules from a file, each a struct audit_rule_data followed
 * by its texts. The rules apply to the whole machine, but only to processes that start later
 * (kernel/auditsc.c, audit_alloc()).
 *
 * @returns false with the reason in `failure`: EPROTONOSUPPORT if the kernel has no audit
 */
bool audit_load(const char *path, struct failure *failure);

#endif
