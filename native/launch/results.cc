#include "results.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace launch {
namespace {

constexpr size_t MAPPING_BYTES = 8 << 20;
constexpr size_t TEXT_OFFSET = 64;
constexpr size_t HEAD_BYTES = 8 << 20;
constexpr size_t TAIL_BYTES = 4 << 10;

} // namespace

SharedResults::SharedResults() {
    // Sealed against resizing: if a child shrank it, Node would read past its end (SIGBUS).
    file_ = Descriptor(
        check(memfd_create("probe-results", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create"));
    check(ftruncate(descriptor(), MAPPING_BYTES), "ftruncate");
    check(fcntl(descriptor(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), "fcntl");
    void *memory =
        mmap(nullptr, MAPPING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor(), 0);
    if (memory == MAP_FAILED)
        throw SystemError(errno, "mmap");
    mapping_ = std::shared_ptr<void>(memory, [](void *at) { munmap(at, MAPPING_BYTES); });
}

Bytes SharedResults::view() const {
    const auto *length = static_cast<const uint64_t *>(mapping_.get());
    const uint64_t written = __atomic_load_n(length, __ATOMIC_ACQUIRE);
    if (written > MAPPING_BYTES - TEXT_OFFSET)
        throw SystemError(EOVERFLOW, "results");
    return {static_cast<char *>(mapping_.get()) + TEXT_OFFSET, static_cast<size_t>(written),
            mapping_};
}

Pipe::Pipe() {
    int ends[2];
    check(pipe2(ends, O_CLOEXEC), "pipe2");
    reading_ = Descriptor(ends[0]);
    writing_ = Descriptor(ends[1]);
    check(fcntl(readingEnd(), F_SETFL, O_NONBLOCK), "fcntl");
}

void Pipe::readInto(std::string &text) {
    char buffer[64 << 10];
    const ssize_t got = read(readingEnd(), buffer, sizeof buffer);
    if (got > 0)
        text.append(buffer, static_cast<size_t>(got));
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        reading_.close();
}

void Head::append(const std::string &text) {
    const size_t room = HEAD_BYTES - kept_.size();
    truncated_ = truncated_ || text.size() > room;
    kept_.append(text, 0, room);
}

Bytes Head::take() {
    const auto owner = std::make_shared<std::string>(std::move(kept_));
    return {owner->data(), owner->size(), owner};
}

void Tail::append(const std::string &text) {
    kept_ += text;
    if (kept_.size() > TAIL_BYTES)
        kept_.erase(0, kept_.size() - TAIL_BYTES);
}

std::string Tail::take() {
    size_t begin = 0;
    if (kept_.size() == TAIL_BYTES)
        while (begin < kept_.size() && (kept_[begin] & 0xC0) == 0x80)
            ++begin;
    return kept_.substr(begin);
}

} // namespace launch
