#include "batch_policy.h"

#include <errno.h>
#include <sched.h>

#include "../base/raw_call.h"

static bool under_batch;

/** @returns 0 or a negative errno */
static long set_policy(int policy) {
    const struct sched_param none = {0};
    return raw_call(SYS_sched_setscheduler, 0, policy, (long)&none, 0, 0, 0);
}

bool batch_policy_begin(struct bench *bench) {
    if (raw_call(SYS_sched_getscheduler, 0, 0, 0, 0, 0, 0) != SCHED_OTHER)
        return true;
    long result = set_policy(SCHED_BATCH);
    under_batch = result == 0;
    /* gVisor's kernel has no such policy and preempts in its own way. */
    return under_batch || result == -EINVAL || result == -ENOSYS ||
           bench_fail_result(bench, "sched_setscheduler(SCHED_BATCH)", result);
}

void batch_policy_end(void) {
    if (under_batch)
        set_policy(SCHED_OTHER);
    under_batch = false;
}
