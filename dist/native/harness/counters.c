#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include "../base/raw_call.h"

static const struct event {
    const char *name;
    uint64_t config;
    bool kernel;
} events[COUNTERS] = {
    [INSTRUCTIONS_USER] = {"instructions_user", PERF_COUNT_HW_INSTRUCTIONS, false},
    [INSTRUCTIONS_KERNEL] = {"instructions_kernel", PERF_COUNT_HW_INSTRUCTIONS, true},
    [CYCLES_USER] = {"cycles_user", PERF_COUNT_HW_CPU_CYCLES, false},
    [CYCLES_KERNEL] = {"cycles_kernel", PERF_COUNT_HW_CPU_CYCLES, true},
};

static int open_event(const struct event *event) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config = event->config,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .inherit = 1,
        .exclude_user = event->kernel,
        .exclude_kernel = !event->kernel,
        .exclude_hv = 1,
    };
    return (int)raw_call(SYS_perf_event_open, (long)&attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC,
                         0);
}

/** perf_event_open(2) returns ENOENT if the CPU has no such counter. */
static int reason(int error) {
    return error == ENOENT ? EOPNOTSUPP : error;
}

void counters_open(struct counters *counters) {
    *counters = (struct counters){.descriptors = {-1, -1, -1, -1}};
    for (int i = 0; i < COUNTERS; i++) {
        int result = open_event(&events[i]);
        if (result >= 0)
            counters->descriptors[i] = result;
        else if (counters->failure.operation == NULL)
            failure_set(&counters->failure, "perf_event_open", reason(-result));
    }
}

void counters_close(struct counters *counters) {
    for (int i = 0; i < COUNTERS; i++)
        if (counters->descriptors[i] >= 0)
            close(counters->descriptors[i]);
}

bool counters_any(const struct counters *counters) {
    for (int i = 0; i < COUNTERS; i++)
        if (counters->descriptors[i] >= 0)
            return true;
    return false;
}

const char *counter_name(enum counter counter) {
    return events[counter].name;
}

bool counter_read(const struct counters *counters, enum counter counter, uint64_t *value) {
    struct {
        uint64_t value, enabled_ns, running_ns;
    } reading;
    int descriptor = counters->descriptors[counter];
    if (descriptor < 0 || read(descriptor, &reading, sizeof reading) != (ssize_t)sizeof reading)
        return false;
    *value = reading.value;
    return reading.running_ns == reading.enabled_ns && reading.running_ns > 0;
}
