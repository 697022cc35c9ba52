#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "../base/wire.h"

/**
 * Describes the machine and the kernel as seen from inside the target. Nothing here fails: what
 * cannot be read is "unknown". The keys are those of platformSchema and subjectSchema in
 * src/record/run.ts.
 */

/** Writes the machine: what must match for two runs to be compared. */
void write_platform(struct wire *wire);

/** Writes the kernel and its settings: what may differ because somebody changed it. */
void write_subject(struct wire *wire);

#endif
