#include "input.h"

#include <sys/mman.h>
#include <unistd.h>

namespace launch {

// By pwrite(), because the child shares the file's position.
Descriptor inputFile(const std::string &text) {
    Descriptor file(check(memfd_create("probe-input", MFD_CLOEXEC), "memfd_create"));
    for (size_t written = 0; written < text.size();)
        written +=
            static_cast<size_t>(check(pwrite(file.number(), text.data() + written,
                                             text.size() - written, static_cast<off_t>(written)),
                                      "pwrite"));
    return file;
}

} // namespace launch
