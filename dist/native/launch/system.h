// What the launcher needs of the operating system's C interface: descriptors with an owner, and
// errors that name the failed call.
#ifndef SYSCALL_GATE_LAUNCH_SYSTEM_H
#define SYSCALL_GATE_LAUNCH_SYSTEM_H

#include <cerrno>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace launch {

class SystemError : public std::system_error {
  public:
    SystemError(int number, std::string failed)
        : std::system_error(number, std::generic_category(), failed), syscall(std::move(failed)) {
    }
    const std::string syscall;
};

/** Returns a call's result, or throws its errno. */
template <typename T> T check(T result, const char *call) {
    if (result == static_cast<T>(-1))
        throw SystemError(errno, call);
    return result;
}

/** A descriptor that its owner closes. */
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {
    }
    Descriptor(Descriptor &&other) noexcept : number_(std::exchange(other.number_, -1)) {
    }
    Descriptor &operator=(Descriptor &&other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        close();
    }
    int number() const {
        return number_;
    }
    bool open() const {
        return number_ >= 0;
    }
    void close() {
        if (open())
            ::close(std::exchange(number_, -1));
    }

  private:
    int number_ = -1;
};

} // namespace launch

#endif
