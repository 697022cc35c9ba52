// Collects a child's results and error messages.
#ifndef SYSCALL_GATE_LAUNCH_RESULTS_H
#define SYSCALL_GATE_LAUNCH_RESULTS_H

#include "launch.h"

namespace launch {

/**
 * The shared mapping that a probe appends its result lines to. A uint64 at offset 0 holds the
 * length of the text; the text begins at offset 64, in the next cache line. Untouched pages cost
 * nothing.
 */
class SharedResults {
  public:
    SharedResults();
    int descriptor() const {
        return file_.number();
    }
    /**
     * The text so far, as a view that owns the mapping.
     *
     * @throws SystemError EOVERFLOW if the child claims more than fits
     */
    Bytes view() const;

  private:
    Descriptor file_;
    std::shared_ptr<void> mapping_;
};

/** A pipe. We read it and the child gets the writing end. */
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
    /** Reads what is available into `text`. Closes itself at the end. */
    void readInto(std::string &text);

  private:
    Descriptor reading_;
    Descriptor writing_;
};

/** Keeps the beginning of a child's standard output, up to a limit. */
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

/** Keeps the end of a child's standard error, starting at a whole UTF-8 character. */
class Tail {
  public:
    void append(const std::string &text);
    std::string take();

  private:
    std::string kept_;
};

} // namespace launch

#endif
