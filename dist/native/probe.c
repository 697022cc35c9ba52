/**
 * The probe: measures what it costs to enter this kernel. A plan comes in as arguments or lines
 * (words.h), results go out as lines of JSON (lines.h). It is one static executable without
 * configuration or privileges, so that it runs the same on a host, in a container, and as the init
 * of a bare kernel.
 *
 * A process is single-threaded on purpose: descriptor look-ups become dearer once a second thread
 * shares the table (fs/file.c, __fget_light), and it is one replicate on purpose: what differs from
 * process to process (physical pages, address layout) is noise that only new processes average out.
 */
#include <alloca.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/affinity.h"
#include "core/audit.h"
#include "core/bare.h"
#include "core/clock.h"
#include "core/console.h"
#include "core/control.h"
#include "core/exit_code.h"
#include "core/filter.h"
#include "core/inject.h"
#include "core/launches.h"
#include "core/limit.h"
#include "core/lines.h"
#include "core/measure.h"
#include "core/order.h"
#include "core/plan.h"
#include "core/tail.h"
#include "core/trace.h"
#include "core/wire.h"
#include "core/words.h"

static struct words words;
static struct plan plan;
static struct wire wire;

/** What measuring fills in, shared with the forks in which some metrics are measured. */
struct desk {
    struct bench bench;
    struct series series;
    struct calibration calibrations[CATALOGUE_MAX];
    struct tail tail;
};
static struct desk *desk;

static int report(int code, const char *what) {
    fprintf(stderr, "probe: %s: %s.\n", what, strerror(errno));
    return code;
}

/**
 * Dies with its launcher, also with one that has died since this process began. By an exit and not
 * by a signal, which the init of a container would ignore. Where getppid(2) is denied, both results
 * are the same error.
 */
static void follow_parent(void) {
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(NO_SETUP);
}

static bool open_desk(void) {
    void *memory =
        mmap(NULL, sizeof *desk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    desk = memory;
    return memory != MAP_FAILED;
}

static bool open_wire(void) {
    if (plan.results_fd != PLAN_UNSET)
        return wire_to_mapping(&wire, (int)plan.results_fd);
    wire_to_descriptor(&wire, STDOUT_FILENO);
    return true;
}

/** Where instructions are counted nothing has to be made little of, and no core is shared. */
static struct measure prepare_to_count(void) {
    return (struct measure){
        .batches = plan.batches,
        .operations = plan.operations,
        .batch_ns = plan.batch_us * 1000,
        .instructions = true,
        .control_operations = 1,
        .width_operations = 1,
    };
}

static struct measure prepare(void) {
    double cost_ns = wall_clock_cost_ns();
    uint64_t control_ns = wall_clock_batch_ns(cost_ns, CONTROL_BATCH_NS);
    return (struct measure){
        .batches = plan.batches,
        .operations = plan.operations,
        .batch_ns = wall_clock_batch_ns(cost_ns, plan.batch_us * 1000),
        .control_operations = control_calibrate(control_chain, control_ns),
        .width_operations = control_calibrate(control_width, control_ns),
    };
}

static uint64_t rounds_of(const struct planned *planned) {
    return planned->rounds == PLAN_UNSET ? plan.rounds : planned->rounds;
}

static uint64_t most_rounds(void) {
    uint64_t most = 1;
    for (size_t i = 0; i < plan.metric_count; i++) {
        uint64_t own = rounds_of(&plan.metrics[i]);
        most = own > most ? own : most;
    }
    return most;
}

/** The rounds of a metric that has fewer are spread over those of the launch. */
static bool takes_part(const struct planned *planned, uint64_t round, uint64_t rounds) {
    uint64_t own = rounds_of(planned);
    return (round + 1) * own / rounds > round * own / rounds;
}

static bool measure_round(uint64_t round, uint64_t rounds, const size_t *order) {
    const struct measure measure = plan.instructions ? prepare_to_count() : prepare();
    for (size_t i = 0; i < plan.metric_count; i++) {
        size_t which = order[i];
        if (!takes_part(&plan.metrics[which], round, rounds))
            continue;
        measure_metric(&measure, plan.metrics[which].metric, &desk->calibrations[which],
                       &desk->bench, &desk->series);
        if (!line_metric(&wire, &desk->bench, round, &desk->series, &measure))
            return false;
    }
    return true;
}

static bool measure_rounds(void) {
    size_t order[CATALOGUE_MAX];
    uint64_t random = plan.seed;
    uint64_t rounds = most_rounds();
    for (uint64_t round = 0; round < rounds; round++) {
        shuffle(&random, order, plan.metric_count);
        if (!measure_round(round, rounds, order))
            return false;
    }
    return true;
}

/** The second pass: no batches, so nothing for the gate. */
static bool measure_tails(void) {
    struct cycle_clock clock;
    struct counters counters;
    cycle_clock_inspect(&clock);
    counters_open(&counters);
    bool written = line_tails(&wire, &clock, &counters);
    bool fit = clock.failure.operation == NULL || counters_any(&counters);
    for (size_t i = 0; written && fit && i < plan.metric_count; i++) {
        if (!tail_has(plan.metrics[i].metric))
            continue;
        tail_measure(&clock, &counters, plan.metrics[i].metric, plan.tails, &desk->bench,
                     &desk->tail);
        written = line_tail(&wire, &desk->bench, &desk->tail, &clock);
    }
    counters_close(&counters);
    return written;
}

static bool measure_passes(void) {
    return plan.tails == PLAN_UNSET ? measure_rounds() : measure_tails();
}

/** Behind all that is measured, which reading them would change. A kernel may have none. */
static void hand_over_symbols(void) {
    if (plan.symbols == 1 && !trace_symbols())
        report(NO_SETUP, "reading /proc/kallsyms failed");
}

static int measure_plan(void) {
    uint64_t start = wall_ns();
    struct wall_clock clock;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD,
           SIG_DFL); /* where it was ignored, children would vanish before they are waited for */
    limit_process(plan.deadline_ms, LATE);
    struct placement placement = pin_to_cpu(plan.cpu);
    if (!open_desk())
        return report(NO_SETUP, "mapping memory for the batches failed");
    if (!wall_clock_inspect(&clock))
        return report(NO_SETUP, "reading " WALL_CLOCK_NAME " failed");
    if (line_hello(&wire, &clock, placement, plan.environment) && measure_passes() &&
        line_end(&wire, wall_ns() - start)) {
        hand_over_symbols();
        return DONE;
    }
    return report(NO_ROOM, "writing the results failed");
}

enum { PAGE = 4096 };

/**
 * Begins with a page of the stack. Arguments, the environment and what the kernel tells a process
 * of itself lie above, of whatever length, and where they end in their page decides whether what
 * follows touches one page more, which each fork copies.
 */
static __attribute__((noinline)) int measure_from_page(void) {
    volatile char *rest = alloca((uintptr_t)__builtin_frame_address(0) % PAGE);
    *rest = 0;
    int code = measure_plan();
    *rest = 1; /* so that the call is not the last thing, which would give the room back */
    return code;
}

/** Under what is to be measured under. */
static bool confine(struct failure *failure) {
    return inject(plan.injection, failure) &&
           (plan.seccomp == NULL || filter_load(plan.seccomp, failure));
}

static int measure_here(void) {
    struct failure failure = {0};
    if (!confine(&failure)) {
        errno = failure.error;
        return report(NO_SETUP, failure.operation);
    }
    if (!open_wire())
        return report(NO_SETUP, "mapping the results descriptor failed");
    if (plan.list)
        return line_catalogue(&wire) ? DONE : report(NO_ROOM, "the catalogue was not written");
    return measure_from_page();
}

/** Only of a machine that ends with this, since the rules stay. */
static int start_audit(bool bare) {
    struct failure failure = {0};
    if (!bare) {
        fputs("probe: --audit-rules are a whole machine's, and count with --bare alone.\n", stderr);
        return BAD_ARGUMENTS;
    }
    if (audit_load(plan.audit_rules, &failure))
        return DONE;
    errno = failure.error;
    return report(NO_SETUP, failure.operation);
}

/** In a bare kernel this is a fork of init, and what measures is to be a process of its own. */
static int act(bool bare, int argc, char **argv) {
    if (!words_collect(&words, argc, argv) || !plan_parse(&plan, &words))
        return BAD_ARGUMENTS;
    int code = plan.audit_rules == NULL ? DONE : start_audit(bare);
    if (code != DONE)
        return code;
    bool apart = bare || plan.launches > 1;
    return apart && !plan.list ? launch_processes(&plan, &words) : measure_here();
}

int main(int argc, char **argv) {
    follow_parent();
    bool bare = bare_asked(&argc, argv);
    if (bare && !bare_begin())
        return BAD_ARGUMENTS;
    int code = act(bare, argc, argv);
    console_drain();
    return code;
}
