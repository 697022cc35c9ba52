#include "bench.h"

#include <errno.h>
#include <string.h>

#include "../base/clock.h"

bool bench_fail(struct bench *bench, const char *operation, int error) {
    if (bench->failure.operation == NULL)
        bench->failure = (struct failure){.operation = operation, .error = error};
    return false;
}

bool bench_fail_result(struct bench *bench, const char *operation, long result) {
    return bench_fail(bench, operation, result < 0 ? (int)-result : 0);
}

void bench_detail(struct bench *bench, const char *name, double value) {
    unsigned i = 0;
    while (i < bench->detail_count && strcmp(bench->details[i].name, name) != 0)
        i++;
    if (i == MAX_DETAILS)
        return;
    bench->details[i] = (struct detail){.name = name, .value = value};
    bench->detail_count += i == bench->detail_count;
}

bool bench_add_participant(struct bench *bench, pid_t child) {
    clockid_t clock;
    int error = clock_getcpuclockid(child, &clock); /* returns the errno, does not set it */
    if (error != 0)
        return bench_fail(bench, "clock_getcpuclockid", error);
    if (bench->participant_count == MAX_PARTICIPANTS)
        return bench_fail(bench, "clock_getcpuclockid", E2BIG);
    bench->participants[bench->participant_count++] = clock;
    return true;
}

uint64_t bench_participants_ns(const struct bench *bench) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < bench->participant_count; i++)
        sum += clock_ns(bench->participants[i]);
    return sum;
}
