// CPU times from /proc/stat.
#ifndef SYSCALL_GATE_LAUNCH_CPU_TIMES_H
#define SYSCALL_GATE_LAUNCH_CPU_TIMES_H

#include <cstdint>
#include <vector>

namespace launch {

/** The `cpu` of the line for all CPUs together. */
constexpr int ALL_CPUS = -1;

struct CpuTimes {
    int cpu;
    uint64_t busyTicks;
    uint64_t interruptTicks; // the part of them in hard and soft interrupts
    uint64_t stealTicks;
};

/** Times since boot of the CPUs that the calling thread may use. Empty without /proc. */
std::vector<CpuTimes> allowedCpuTimes();

/** Steal time of a CPU, or of ALL_CPUS, since boot. 0 if the kernel does not say. */
int64_t stolenNs(int cpu);

} // namespace launch

#endif
