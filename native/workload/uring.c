#include "uring.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "../base/raw_call.h"
#include "scratch.h"

/** More requests than are ever pending. The kernel makes room for twice as many completions. */
enum { ENTRIES = 8 };

/** Heads and tails of the rings. The kernel reads and writes them too. */
typedef _Atomic unsigned shared_index;

static shared_index *index_at(void *mapping, unsigned offset) {
    return (shared_index *)(void *)((char *)mapping + offset);
}

static unsigned value_at(void *mapping, unsigned offset) {
    return *(const unsigned *)(const void *)((char *)mapping + offset);
}

static void *map(struct bench *bench, const struct uring *ring, size_t bytes, off_t offset) {
    void *mapping = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                         ring->descriptor, offset);
    if (mapping != MAP_FAILED)
        return mapping;
    bench_fail(bench, "mmap(io_uring)", errno);
    return NULL;
}

/** Maps each ring on its own, as needed before IORING_FEAT_SINGLE_MMAP of Linux 5.4. */
static bool map_rings(struct bench *bench, struct uring *ring) {
    const struct io_uring_params *p = &ring->parameters;
    ring->submissions_bytes = p->sq_off.array + p->sq_entries * sizeof(unsigned);
    ring->submissions = map(bench, ring, ring->submissions_bytes, IORING_OFF_SQ_RING);
    ring->completions_bytes = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
    ring->completions = map(bench, ring, ring->completions_bytes, IORING_OFF_CQ_RING);
    ring->entries_bytes = p->sq_entries * sizeof *ring->entries;
    ring->entries = map(bench, ring, ring->entries_bytes, IORING_OFF_SQES);
    return ring->submissions != NULL && ring->completions != NULL && ring->entries != NULL;
}

bool uring_open(struct bench *bench, struct uring *ring) {
    *ring = (struct uring)URING_CLOSED;
    long result = raw_call(SYS_io_uring_setup, ENTRIES, (long)&ring->parameters, 0, 0, 0, 0);
    if (result < 0)
        return bench_fail_result(bench, "io_uring_setup", result);
    ring->descriptor = (int)result;
    return map_rings(bench, ring);
}

static void unmap(void *mapping, size_t bytes) {
    if (mapping != NULL)
        munmap(mapping, bytes);
}

void uring_close(struct uring *ring) {
    unmap(ring->entries, ring->entries_bytes);
    unmap(ring->completions, ring->completions_bytes);
    unmap(ring->submissions, ring->submissions_bytes);
    scratch_close(&ring->descriptor);
    *ring = (struct uring)URING_CLOSED;
}

static long enter(const struct uring *ring, unsigned submit) {
    return raw_call(SYS_io_uring_enter, ring->descriptor, submit, 1, IORING_ENTER_GETEVENTS, 0, 0);
}

bool uring_submit(struct bench *bench, struct uring *ring, const struct io_uring_sqe *request) {
    const struct io_sqring_offsets *at = &ring->parameters.sq_off;
    shared_index *tail = index_at(ring->submissions, at->tail);
    unsigned position = atomic_load_explicit(tail, memory_order_relaxed);
    unsigned slot = position & value_at(ring->submissions, at->ring_mask);
    ring->entries[slot] = *request;
    index_at(ring->submissions, at->array)[slot] = slot;
    /* Who sees the new tail also sees the request. */
    atomic_store_explicit(tail, position + 1, memory_order_release);
    long result = enter(ring, 1);
    return result == 1 || bench_fail_result(bench, "io_uring_enter", result);
}

bool uring_take(struct bench *bench, struct uring *ring, struct io_uring_cqe *completion) {
    const struct io_cqring_offsets *at = &ring->parameters.cq_off;
    shared_index *head = index_at(ring->completions, at->head);
    shared_index *tail = index_at(ring->completions, at->tail);
    const struct io_uring_cqe *completions = (const void *)((char *)ring->completions + at->cqes);
    unsigned position = atomic_load_explicit(head, memory_order_relaxed);
    while (atomic_load_explicit(tail, memory_order_acquire) == position) {
        long result = enter(ring, 0);
        if (result < 0)
            return bench_fail_result(bench, "io_uring_enter", result);
    }
    *completion = completions[position & value_at(ring->completions, at->ring_mask)];
    /* Only now may the kernel use the slot again. */
    atomic_store_explicit(head, position + 1, memory_order_release);
    return true;
}
