// Starts one process, watches it to its end and accounts for it. Nothing here knows of Node.
#ifndef SYSCALL_GATE_LAUNCH_LAUNCH_H
#define SYSCALL_GATE_LAUNCH_LAUNCH_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "system.h"

namespace launch {

struct Request {
    std::vector<std::string> argv;
    std::vector<std::string> env; // "NAME=value"
    int cpu = -1;                 // -1: keep the affinity
    std::chrono::milliseconds deadline{0};
    // After SIGTERM, the process has this long to end before SIGKILL.
    std::chrono::milliseconds grace{0};
    std::string folder;  // to start it in; empty: this process's own
    bool memory = false; // results through a shared mapping, not standard output
    std::string input;   // the whole standard input
};

/** Bytes, and the mapping or string that holds them. */
struct Bytes {
    char *data = nullptr;
    size_t size = 0;
    std::shared_ptr<void> owner;
};

struct Outcome {
    Bytes results;
    bool truncated = false;
    std::string stderrTail;
    int exitCode = -1;
    int signal = 0;
    bool timedOut = false;
    bool cancelled = false;
    int64_t wallNs = 0;
    int64_t userNs = 0;
    int64_t systemNs = 0;
    int64_t stolenNs = 0;
    int64_t voluntarySwitches = 0;
    int64_t involuntarySwitches = 0;
};

/** A request to stop. One thread makes it, and it wakes the poll loop of another. */
class Cancellation {
  public:
    Cancellation();
    void request();
    bool requested() const;
    int descriptor() const {
        return event_.number();
    }

  private:
    Descriptor event_;
};

/**
 * Runs one process to its end. Returns when the process is reaped and its process group is killed,
 * as far as we may kill it. The calling thread must live longer than the process, see child.h.
 *
 * @throws SystemError if it cannot be started, if its results are invalid, or if it must be stopped
 *   but the kernel does not let us kill it ("kill")
 */
Outcome run(const Request &request, const Cancellation &cancellation);

} // namespace launch

#endif
