#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../harness/inject.h"
#include "../harness/metric.h"
#include "../metrics/catalogue.h"
#include "words.h"

#define PLAN_UNSET UINT64_MAX

/** A metric, and in how many rounds it takes part. PLAN_UNSET: in all of them. */
struct planned {
    const struct metric *metric;
    uint64_t rounds;
};

/** What to measure, and how. */
struct plan {
    bool list;        /* print the catalogue and nothing else */
    bool environment; /* describe the machine in the first line */
    struct planned metrics[MAX_METRICS];
    size_t metric_count;
    uint64_t rounds;
    uint64_t batches; /* per metric and round */
    uint64_t batch_us;
    bool instructions;   /* the clock counts instructions, see measure.h */
    uint64_t operations; /* of every batch; 0: as many as take batch_us */
    uint64_t seed;
    uint64_t launches; /* processes that measure this plan, one after another */
    uint64_t cpu;      /* PLAN_UNSET: the first that is allowed */
    uint64_t deadline_ms;
    uint64_t tails;      /* how many single operations to time instead of batches, or PLAN_UNSET */
    uint64_t symbols;    /* 1: hand the kernel's symbols to an emulator that traces */
    uint64_t results_fd; /* PLAN_UNSET: standard output */
    enum injection injection;
    const char *seccomp;     /* file of the filter to measure under, or NULL */
    const char *audit_rules; /* file of the audit rules to load, or NULL */
};

/**
 * Reads the words of a plan.
 *
 * @returns false after one sentence on standard error that names the word and what is allowed
 */
bool plan_parse(struct plan *plan, const struct words *words);

#endif
