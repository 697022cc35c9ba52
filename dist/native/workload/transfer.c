#include "transfer.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/mman.h>

#include "scratch.h"

/** The current transfer. There is one at a time. */
static struct transfer transfer = {
    .loopback = LOOPBACK_CLOSED,
    .file = -1,
    .mapping = MAP_FAILED,
    .header = "HTTP/1.1 200 OK\r\n",
};

static const struct strategy *strategy_of(const struct bench *bench) {
    return bench->metric->parameters;
}

bool transfer_setup(struct bench *bench) {
    const struct strategy *strategy = strategy_of(bench);
    transfer.size = strategy->size;
    transfer.file = scratch_file(bench, strategy->size);
    if (transfer.file < 0)
        return false;
    transfer.mapping =
        mmap(NULL, transfer.size, PROT_READ, MAP_SHARED | MAP_POPULATE, transfer.file, 0);
    if (transfer.mapping == MAP_FAILED)
        return bench_fail(bench, "mmap(scratch file)", errno);
    return loopback_open(bench, &transfer.loopback) &&
           loopback_set(bench, &transfer.loopback, TCP_NODELAY, strategy->no_delay) &&
           (strategy->prepare == NULL || strategy->prepare(bench, &transfer));
}

bool transfer_run(struct bench *bench, uint64_t operations) {
    const struct strategy *strategy = strategy_of(bench);
    for (; operations > 0; operations--)
        if (!strategy->send(bench, &transfer) ||
            !loopback_drain(bench, &transfer.loopback, strategy->header + strategy->size) ||
            (strategy->settle != NULL && !strategy->settle(bench, &transfer)))
            return false;
    return true;
}

bool transfer_inspect(struct bench *bench) {
    const struct strategy *strategy = strategy_of(bench);
    uint64_t operations = bench->metric->slow ? 1 : 16;
    long before = transfer_segments();
    if (!transfer_run(bench, operations))
        return false;
    long after = transfer_segments();
    if (before >= 0 && after > before)
        bench_detail(bench, "segments_per_op", (double)(after - before) / (double)operations);
    if (strategy->note != NULL)
        strategy->note(bench);
    return true;
}

void transfer_teardown(struct bench *bench) {
    const struct strategy *strategy = strategy_of(bench);
    if (strategy->release != NULL)
        strategy->release();
    loopback_close(&transfer.loopback);
    if (transfer.mapping != MAP_FAILED)
        munmap(transfer.mapping, transfer.size);
    transfer.mapping = MAP_FAILED;
    scratch_close(&transfer.file);
}

long transfer_segments(void) {
    return loopback_segments(&transfer.loopback);
}

void transfer_gather(struct transfer *from, struct iovec buffers[2]) {
    buffers[0] = (struct iovec){from->header, TRANSFER_HEADER};
    buffers[1] = (struct iovec){from->mapping, from->size};
}

bool transfer_send_corked(struct bench *bench, struct transfer *of) {
    return loopback_set(bench, &of->loopback, TCP_CORK, 1) &&
           loopback_send(bench, &of->loopback, of->header, TRANSFER_HEADER, 0) &&
           loopback_send_file(bench, &of->loopback, of->file, of->size) &&
           loopback_set(bench, &of->loopback, TCP_CORK, 0);
}
