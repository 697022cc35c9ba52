// Starting one process, watching it to its end and accounting for it; nothing of Node in here.
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
    int cpu = -1;                 // -1: leave the affinity alone
    std::chrono::milliseconds deadline{0};
    // How long it has to end by itself once it is to be stopped: SIGTERM first, then SIGKILL.
    std::chrono::milliseconds grace{0};
    bool memory = false; // results over a shared mapping instead of standard output
    std::string input;   // all that standard input holds
};

/** Bytes and whatever keeps them alive: a mapping or a string. */
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

/** A wish to stop that one thread expresses and the poll loop of another wakes up to. */
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
 * Runs one process to its end. Returns only when it is reaped and its process group is killed, as
 * far as that may be killed. The calling thread must last until the process is gone, see child.h: a
 * thread that lives as long as Node does.
 *
 * @throws SystemError when it cannot be started, when it wrote results that cannot be, or when it
 *   was to be stopped and lives on, since the kernel does not let this process kill it ("kill")
 */
Outcome run(const Request &request, const Cancellation &cancellation);

} // namespace launch

#endif
