#include "launch.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cpu_times.h"
#include "input.h"
#include "results.h"

namespace launch {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

// How often to check a process that we cannot wait for by a descriptor.
constexpr milliseconds LOOK_EVERY{5};
// How long to wait for output after the leader has ended, if a process outside of its group still
// holds the pipe.
constexpr milliseconds DRAIN_GRACE{200};
// How long a process that we may not kill has to end by itself. sudo does when its child is gone.
constexpr milliseconds REFUSAL_GRACE{1000};
// poll() takes an int. Longer waits are repeated.
constexpr milliseconds MAX_WAIT{60 * 60 * 1000};

// pidfd_open(2) came with Linux 5.3. Older kernels, gVisor and some seccomp profiles refuse it.
Descriptor openProcess(pid_t pid) {
#ifdef SYS_pidfd_open
    return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
#else
    (void)pid;
    return Descriptor();
#endif
}

int64_t toNs(const timeval &time) {
    return time.tv_sec * int64_t{1'000'000'000} + time.tv_usec * int64_t{1'000};
}

/** One process, from its start to its reaping. */
class Launch {
  public:
    Launch(const Request &request, const Cancellation &cancellation);
    Launch(const Launch &) = delete;
    ~Launch();
    Outcome watch();

  private:
    bool ended() const;
    void waitForEvents();
    void stopWhenAsked();
    void stop();
    void giveUpWhenRefused() const;
    void drain();
    void readPipes();
    bool pipesOpen() const;
    bool killGroup() const;
    void reap(Outcome &outcome);
    milliseconds patience() const;

    const Request &request_;
    const Cancellation &cancellation_;
    std::optional<SharedResults> shared_;
    std::optional<Pipe> output_;
    Pipe errors_;
    Head head_;
    Tail tail_;
    int stolenFrom_;
    int64_t stolenBefore_;
    Clock::time_point started_;
    pid_t pid_ = 0;
    Descriptor process_;
    Clock::time_point actAt_; // when to kill it or give up
    bool asked_ = false;      // to end by itself
    bool killed_ = false;
    int refusal_ = 0; // errno of the kill
    bool timedOut_ = false;
};

Launch::Launch(const Request &request, const Cancellation &cancellation)
    : request_(request), cancellation_(cancellation),
      stolenFrom_(request.cpu < 0 ? ALL_CPUS : request.cpu), stolenBefore_(stolenNs(stolenFrom_)),
      started_(Clock::now()), actAt_(started_ + request.deadline) {
    if (request.memory)
        shared_.emplace();
    else
        output_.emplace();
    const Descriptor input = request.input.empty() ? Descriptor() : inputFile(request.input);
    pid_ = startChild(request, {input.number(), output_ ? output_->writingEnd() : -1,
                                errors_.writingEnd(), shared_ ? shared_->descriptor() : -1});
    process_ = openProcess(pid_);
    errors_.closeWritingEnd();
    if (output_)
        output_->closeWritingEnd();
}

// A process that we may not kill keeps running. When it ends, it stays a zombie until Node ends. A
// thread that waits for it would have no owner.
Launch::~Launch() {
    if (pid_ == 0)
        return;
    if (!killGroup()) {
        waitpid(pid_, nullptr, WNOHANG);
        return;
    }
    Outcome ignored;
    reap(ignored);
}

Outcome Launch::watch() {
    while (!ended()) {
        waitForEvents();
        readPipes();
        stopWhenAsked();
        giveUpWhenRefused();
    }
    Outcome outcome;
    outcome.wallNs = nanoseconds(Clock::now() - started_).count();
    // The counter may decrease: after a migration, another hypervisor counts.
    outcome.stolenNs = std::max<int64_t>(0, stolenNs(stolenFrom_) - stolenBefore_);
    outcome.timedOut = timedOut_;
    outcome.cancelled = cancellation_.requested();
    // Kill before reaping: until then, no other process group can get this number.
    killGroup();
    reap(outcome);
    drain();
    outcome.stderrTail = tail_.take();
    outcome.truncated = head_.truncated();
    outcome.results = shared_ ? shared_->view() : head_.take();
    return outcome;
}

bool Launch::ended() const {
    siginfo_t info = {};
    const int result = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return result == 0 && info.si_pid == pid_;
}

milliseconds Launch::patience() const {
    const auto left = std::chrono::ceil<milliseconds>(actAt_ - Clock::now());
    const milliseconds wait = std::clamp(left, milliseconds(0), MAX_WAIT);
    return process_.open() ? wait : std::min(wait, LOOK_EVERY);
}

void Launch::waitForEvents() {
    // poll() skips negative descriptors.
    pollfd events[] = {{process_.number(), POLLIN, 0},
                       {asked_ ? -1 : cancellation_.descriptor(), POLLIN, 0},
                       {output_ ? output_->readingEnd() : -1, POLLIN, 0},
                       {errors_.readingEnd(), POLLIN, 0}};
    poll(events, std::size(events), static_cast<int>(patience().count()));
}

void Launch::stopWhenAsked() {
    if (killed_ || ended())
        return;
    if (!asked_) {
        const bool late = Clock::now() - started_ >= request_.deadline;
        if (!late && !cancellation_.requested())
            return;
        timedOut_ = late;
        asked_ = true;
        actAt_ = Clock::now() + request_.grace;
        if (request_.grace.count() > 0)
            kill(-pid_, SIGTERM);
    }
    if (Clock::now() >= actAt_)
        stop();
}

void Launch::stop() {
    killed_ = true;
    if (killGroup()) {
        actAt_ = Clock::time_point::max();
    } else {
        refusal_ = errno;
        actAt_ = Clock::now() + REFUSAL_GRACE;
    }
}

void Launch::giveUpWhenRefused() const {
    if (refusal_ != 0 && Clock::now() >= actAt_ && !ended())
        throw SystemError(refusal_, "kill");
}

void Launch::readPipes() {
    std::string text;
    if (output_ && output_->open())
        output_->readInto(text);
    head_.append(text);
    text.clear();
    if (errors_.open())
        errors_.readInto(text);
    tail_.append(text);
}

bool Launch::pipesOpen() const {
    return errors_.open() || (output_ && output_->open());
}

void Launch::drain() {
    const Clock::time_point until = Clock::now() + DRAIN_GRACE;
    while (pipesOpen()) {
        readPipes();
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        if (left.count() <= 0)
            return;
        pollfd events[] = {{output_ ? output_->readingEnd() : -1, POLLIN, 0},
                           {errors_.readingEnd(), POLLIN, 0}};
        if (pipesOpen())
            poll(events, std::size(events), static_cast<int>(left.count()));
    }
}

// Returns false with errno if we may not kill the leader, because it became another user, as sudo
// does. kill() of a group only fails if we may kill nobody in it.
bool Launch::killGroup() const {
    kill(-pid_, SIGKILL);
    return kill(pid_, SIGKILL) == 0;
}

void Launch::reap(Outcome &outcome) {
    int status = 0;
    rusage usage = {};
    while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    outcome.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    // Not ru_maxrss: exec keeps the maximum of the memory that it replaces, which is Node's.
    outcome.userNs = toNs(usage.ru_utime);
    outcome.systemNs = toNs(usage.ru_stime);
    outcome.voluntarySwitches = usage.ru_nvcsw;
    outcome.involuntarySwitches = usage.ru_nivcsw;
}

} // namespace

Cancellation::Cancellation() : event_(check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
}

void Cancellation::request() {
    const uint64_t one = 1;
    // Fails only after 2^64 requests.
    (void)!write(descriptor(), &one, sizeof one);
}

bool Cancellation::requested() const {
    pollfd event = {descriptor(), POLLIN, 0};
    return poll(&event, 1, 0) > 0;
}

Outcome run(const Request &request, const Cancellation &cancellation) {
    return Launch(request, cancellation).watch();
}

} // namespace launch
