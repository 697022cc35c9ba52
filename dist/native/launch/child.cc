#include "child.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace launch {
namespace {

// `call` points to a literal, which works because both processes run the same image.
struct ChildFailure {
    int number;
    const char *call;
};

// Everything that the child needs. The parent prepares it, because the child borrows the parent's
// memory between vfork() and exec and must not allocate.
struct ChildPlan {
    char *const *argv;
    char *const *env;
    const char *folder;    // nullptr: keep the working folder
    const cpu_set_t *cpus; // nullptr: keep the affinity
    size_t cpusSize;
    ChildDescriptors descriptors;
    int report;
    pid_t parent;
};

// Above the numbers that the child arranges, whatever they are in the parent.
constexpr int PARKED = 16;
constexpr int REPORT = RESULTS_DESCRIPTOR + 1;
// For systems without close_range() (before Linux 5.9). Node opens everything close-on-exec. This
// closes descriptors that Node itself inherited, which have low numbers.
constexpr rlim_t MAX_CLOSED = 4096;

[[noreturn]] void giveUp(int report, const char *call) {
    const ChildFailure failure{errno, call};
    // If this fails too, the parent sees an exit without results.
    (void)!write(report, &failure, sizeof failure);
    _exit(127);
}

void require(bool succeeded, const ChildPlan &plan, const char *call) {
    if (!succeeded)
        giveUp(plan.report, call);
}

int park(int descriptor, const ChildPlan &plan) {
    const int parked = fcntl(descriptor, F_DUPFD_CLOEXEC, PARKED);
    require(parked >= 0, plan, "fcntl");
    return parked;
}

void closeFrom(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0)
        return;
#endif
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = MAX_CLOSED;
    const int end = static_cast<int>(std::min(limit.rlim_cur, MAX_CLOSED));
    for (int descriptor = first; descriptor < end; ++descriptor)
        close(descriptor);
}

void arrangeDescriptors(ChildPlan &plan) {
    plan.report = park(plan.report, plan);
    const int opened = open("/dev/null", O_RDWR | O_CLOEXEC);
    require(opened >= 0, plan, "open");
    const ChildDescriptors &wanted = plan.descriptors;
    const int null = park(opened, plan);
    const int input = wanted.input < 0 ? null : park(wanted.input, plan);
    const int output = wanted.output < 0 ? null : park(wanted.output, plan);
    const int errors = wanted.errors < 0 ? null : park(wanted.errors, plan);
    const int results = wanted.results < 0 ? -1 : park(wanted.results, plan);
    require(dup2(input, STDIN_FILENO) >= 0, plan, "dup2");
    require(dup2(output, STDOUT_FILENO) >= 0, plan, "dup2");
    require(dup2(errors, STDERR_FILENO) >= 0, plan, "dup2");
    if (results < 0)
        close(RESULTS_DESCRIPTOR);
    else
        require(dup2(results, RESULTS_DESCRIPTOR) >= 0, plan, "dup2");
    require(dup3(plan.report, REPORT, O_CLOEXEC) >= 0, plan, "dup3");
    plan.report = REPORT;
    closeFrom(REPORT + 1);
}

// A handler would run in the parent's memory, and exec keeps ignored signals ignored (SIGPIPE in
// Node).
void restoreSignals() {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        sigaction(signal, &action, nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void dieWithParent(const ChildPlan &plan) {
    require(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, plan, "prctl");
    const pid_t parent = getppid();
    // If the call is denied, its result is negative, and the race remains.
    if (parent >= 0 && parent != plan.parent)
        _exit(127);
}

[[noreturn]] void becomeProgram(ChildPlan plan) {
    require(setsid() >= 0, plan, "setsid");
    dieWithParent(plan);
    arrangeDescriptors(plan);
    if (plan.cpus != nullptr)
        require(sched_setaffinity(0, plan.cpusSize, plan.cpus) == 0, plan, "sched_setaffinity");
    if (plan.folder != nullptr)
        require(chdir(plan.folder) == 0, plan, "chdir");
    restoreSignals();
    execvpe(plan.argv[0], plan.argv, plan.env);
    giveUp(plan.report, "execvpe");
}

// vfork(), because fork() would copy the page tables of Node's address space. That takes
// milliseconds and causes page faults in the parent. The child does more than POSIX allows, but no
// more than Linux does (vfork(2)). This is a function of its own, so no local of the caller lives
// across the second return.
__attribute__((noinline)) pid_t spawn(const ChildPlan &plan) {
    const pid_t pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (pid == 0)
        becomeProgram(plan); // NOLINT(clang-analyzer-unix.Vfork)
    return pid;
}

// No signal may run one of Node's handlers in the child while it borrows the parent's memory.
pid_t spawnWithSignalsBlocked(const ChildPlan &plan) {
    sigset_t all;
    sigset_t previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    const pid_t pid = spawn(plan);
    const int number = errno;
    pthread_sigmask(SIG_SETMASK, &previous, nullptr);
    if (pid < 0)
        throw SystemError(number, "vfork");
    return pid;
}

std::vector<char *> pointers(const std::vector<std::string> &texts) {
    std::vector<char *> result;
    for (const std::string &text : texts)
        result.push_back(const_cast<char *>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

// Sized by the CPU's number: machines may have more CPUs than the 1024 of a plain cpu_set_t.
struct CpuSet {
    explicit CpuSet(int cpu) : size(CPU_ALLOC_SIZE(cpu + 1)), set(CPU_ALLOC(cpu + 1)) {
        CPU_ZERO_S(size, set);
        CPU_SET_S(cpu, size, set);
    }
    CpuSet(const CpuSet &) = delete;
    ~CpuSet() {
        CPU_FREE(set);
    }
    const size_t size;
    cpu_set_t *const set;
};

void throwReportedFailure(const Descriptor &report, pid_t pid) {
    ChildFailure failure;
    ssize_t got;
    do {
        got = read(report.number(), &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got != sizeof failure)
        return;
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    throw SystemError(failure.number, failure.call);
}

} // namespace

pid_t startChild(const Request &request, const ChildDescriptors &descriptors) {
    int ends[2];
    check(pipe2(ends, O_CLOEXEC), "pipe2");
    const Descriptor report(ends[0]);
    Descriptor reporting(ends[1]);
    const std::vector<char *> argv = pointers(request.argv);
    const std::vector<char *> env = pointers(request.env);
    const CpuSet cpus(std::max(request.cpu, 0));
    const bool pinned = request.cpu >= 0;
    const char *folder = request.folder.empty() ? nullptr : request.folder.c_str();
    const pid_t pid =
        spawnWithSignalsBlocked({argv.data(), env.data(), folder, pinned ? cpus.set : nullptr,
                                 cpus.size, descriptors, reporting.number(), getpid()});
    reporting.close();
    throwReportedFailure(report, pid);
    return pid;
}

} // namespace launch
