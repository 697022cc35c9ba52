#include "cpu_times.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sched.h>
#include <unistd.h>

namespace launch {
namespace {

// proc_stat(5): user nice system idle iowait irq softirq steal; user and nice include guest times.
bool parseLine(const char *line, CpuTimes &times) {
    if (strncmp(line, "cpu", 3) != 0)
        return false;
    char *rest;
    const long cpu = strtol(line + 3, &rest, 10);
    times.cpu = rest == line + 3 ? ALL_CPUS : static_cast<int>(cpu);
    uint64_t user, nice, system, irq, softirq;
    const int fields =
        sscanf(rest, "%" SCNu64 "%" SCNu64 "%" SCNu64 "%*u %*u %" SCNu64 "%" SCNu64 "%" SCNu64,
               &user, &nice, &system, &irq, &softirq, &times.stealTicks);
    times.busyTicks = user + nice + system + irq + softirq;
    times.interruptTicks = irq + softirq;
    return fields == 6;
}

std::vector<CpuTimes> readStat() {
    std::vector<CpuTimes> result;
    const std::unique_ptr<FILE, int (*)(FILE *)> file(fopen("/proc/stat", "re"), fclose);
    if (file == nullptr)
        return result;
    // The CPU lines come first and are short. The interrupt line after them has thousands of
    // columns.
    char line[512];
    CpuTimes times;
    while (fgets(line, sizeof line, file.get()) != nullptr && parseLine(line, times))
        result.push_back(times);
    return result;
}

// The kernel refuses a set smaller than its own with EINVAL (sched_setaffinity(2)).
std::vector<bool> allowedCpus() {
    for (int cpus = 1024; cpus <= 1 << 16; cpus *= 2) {
        const size_t size = CPU_ALLOC_SIZE(cpus);
        const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t *)> set(
            CPU_ALLOC(cpus), [](cpu_set_t *at) { CPU_FREE(at); });
        if (sched_getaffinity(0, size, set.get()) != 0)
            continue;
        std::vector<bool> allowed;
        for (int cpu = 0; cpu < cpus; ++cpu)
            allowed.push_back(CPU_ISSET_S(cpu, size, set.get()));
        return allowed;
    }
    return {};
}

} // namespace

std::vector<CpuTimes> allowedCpuTimes() {
    const std::vector<bool> allowed = allowedCpus();
    std::vector<CpuTimes> result;
    for (const CpuTimes &times : readStat())
        if (times.cpu >= 0 && static_cast<size_t>(times.cpu) < allowed.size() && allowed[times.cpu])
            result.push_back(times);
    return result;
}

int64_t stolenNs(int cpu) {
    const int64_t tickNs = 1'000'000'000 / sysconf(_SC_CLK_TCK);
    for (const CpuTimes &times : readStat())
        if (times.cpu == cpu)
            return static_cast<int64_t>(times.stealTicks) * tickNs;
    return 0;
}

} // namespace launch
