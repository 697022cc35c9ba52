#include "call.h"

#include "../base/raw_call.h"

bool call_repeat(struct bench *bench, const struct call *call, uint64_t operations) {
    const struct call c = *call; /* a local copy stays in registers */
    for (; operations > 0; operations--) {
        long result = raw_call(c.number, c.arguments[0], c.arguments[1], c.arguments[2],
                               c.arguments[3], c.arguments[4], c.arguments[5]);
        if (result != c.expected)
            return bench_fail_result(bench, c.operation, result);
    }
    return true;
}

bool call_null(struct bench *bench, struct call *call) {
    long parent =
        raw_call(SYS_getppid, 0, 0, 0, 0, 0, 0); /* 0 if the parent is outside the PID namespace */
    *call = (struct call){.operation = "getppid", .number = SYS_getppid, .expected = parent};
    return parent >= 0 || bench_fail_result(bench, call->operation, parent);
}
