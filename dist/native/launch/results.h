// Where a child's results and complaints end up.
#ifndef SYSCALL_GATE_LAUNCH_RESULTS_H
#define SYSCALL_GATE_LAUNCH_RESULTS_H

#include "launch.h"

namespace launch {

/**
 * The shared mapping that a probe appends its result lines to: a uint64 at offset 0 holds the
 * number of bytes written, stored after them; they begin at offset 64, a cache line further on.
 * Pages that are never touched cost nothing.
 */
class SharedResults {
  public:
    SharedResults();
    int descriptor() const {
        return file_.number();
    }
    /**
     * What is written so far, as a view that owns the mapping.
     * @throws SystemError EOVERFLOW when the child claims more than there is room for
     */
    Bytes view() const;

  private:
    Descriptor file_;
    std::shared_ptr<void> mapping_;
};

/** The reading end of a pipe whose writing end the child gets. */
class Pipe {
  public:
    Pipe();
    int writingEnd() const {
        return writing_.number();
    }
    int readingEnd() const {
        return reading_.number();
    }
    void closeWritingEnd() {
        writing_.close();
    }
    bool open() const {
        return reading_.open();
    }
    /** Reads what is there into `text`; closes itself at the end. */
    void readInto(std::string &text);

  private:
    Descriptor reading_;
    Descriptor writing_;
};

/** Keeps the beginning of a child's standard output and drops what goes past its limit. */
class Head {
  public:
    void append(const std::string &text);
    bool truncated() const {
        return truncated_;
    }
    Bytes take();

  private:
    std::string kept_;
    bool truncated_ = false;
};

/** Keeps the end of a child's standard error, cut where a UTF-8 character begins. */
class Tail {
  public:
    void append(const std::string &text);
    std::string take();

  private:
    std::string kept_;
};

} // namespace launch

#endif
