// Starts the process of a request.
#ifndef SYSCALL_GATE_LAUNCH_CHILD_H
#define SYSCALL_GATE_LAUNCH_CHILD_H

#include <sys/types.h>

#include "launch.h"

namespace launch {

/** The first descriptor after the standard ones, where the probe finds its results mapping. */
constexpr int RESULTS_DESCRIPTOR = 3;

/** The child's descriptors 0 to 3. -1 is /dev/null, or nothing for the results. */
struct ChildDescriptors {
    int input;
    int output;
    int errors;
    int results;
};

/**
 * Starts the request's program as the leader of its own session. So Ctrl-C at a terminal reaches
 * only Node, and one kill() reaches the whole process group.
 *
 * The kernel sends the parent-death signal when the *thread* that started the child ends (prctl(2),
 * PR_SET_PDEATHSIG), so the calling thread must live longer than the child.
 *
 * @throws SystemError that names the failed call, also execvpe
 */
pid_t startChild(const Request &request, const ChildDescriptors &descriptors);

} // namespace launch

#endif
