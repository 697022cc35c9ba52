#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "../base/wire.h"

/**
 * The machine and the kernel as seen from inside the target. Nothing here can fail: what cannot be
 * read is "unknown". The keys are those of platformSchema and subjectSchema in src/record/run.ts.
 */

/** Writes the object of what must match for two runs to be compared: the machine. */
void write_platform(struct wire *wire);

/** Writes the object of what may differ because somebody changed it: the kernel and its settings.
 */
void write_subject(struct wire *wire);

#endif
