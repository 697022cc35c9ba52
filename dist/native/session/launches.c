#include "launches.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/exit_code.h"
#include "../base/limit.h"
#include "../harness/peer.h"
#include "order.h"

/** The program's name, the words, a seed, and NULL. */
enum { MAX_ARGUMENTS = MAX_WORDS + 3 };

/** Whether a word is only for the process that starts the others. */
static bool stays_here(const char *word, uint64_t index) {
    return strncmp(word, "--launches=", 11) == 0 || strncmp(word, "--seed=", 7) == 0 ||
           strncmp(word, "--audit-rules=", 14) == 0 ||
           (index > 0 && strcmp(word, "--environment") == 0);
}

/** Only the last process hands over the symbols, because reading them would change what follows. */
static const char *word_for(const char *word, bool last) {
    return !last && strcmp(word, "--symbols=1") == 0 ? "--symbols=0" : word;
}

/** The casts drop a const: execve(2) takes pointers to char, but changes nothing. */
static void arrange(char *arguments[MAX_ARGUMENTS], const struct words *words, char *seed,
                    uint64_t index, bool last) {
    size_t count = 0;
    arguments[count++] = (char *)words->program;
    for (size_t i = 0; i < words->count; i++)
        if (!stays_here(words->list[i], index))
            arguments[count++] = (char *)word_for(words->list[i], last);
    arguments[count++] = seed;
    arguments[count] = NULL;
}

/** The path that this program was started by works without /proc, but may be gone by now. */
static int become(char *const *arguments) {
    const char *path = (const char *)getauxval(AT_EXECFN);
    if (path != NULL)
        execve(path, arguments, environ);
    execve("/proc/self/exe", arguments, environ);
    return exit_report(NO_SETUP, "starting the probe once more failed");
}

static pid_t start(char *const *arguments) {
    pid_t outer = getpid();
    pid_t inner = fork();
    if (inner == 0) {
        peer_follow(outer);
        _exit(become(arguments));
    }
    return inner;
}

static int wait_for(pid_t inner) {
    int status;
    while (waitpid(inner, &status, 0) < 0)
        if (errno != EINTR)
            return exit_report(NO_SETUP, "waiting for a process failed");
    return exit_code_of(status);
}

static int launch(const struct plan *plan, const struct words *words, uint64_t index) {
    char *arguments[MAX_ARGUMENTS];
    char seed[32];
    /* All processes that count instructions measure in the same order. */
    uint64_t own = plan->instructions ? plan->seed : order_seed(plan->seed, index);
    /* Zeros keep the length equal: the length of the arguments moves the rest of the stack. */
    snprintf(seed, sizeof seed, "--seed=%020llu", (unsigned long long)own);
    arrange(arguments, words, seed, index, index + 1 == plan->launches);
    pid_t inner = start(arguments);
    return inner < 0 ? exit_report(NO_SETUP, "starting a process failed") : wait_for(inner);
}

int launch_processes(const struct plan *plan, const struct words *words) {
    signal(SIGCHLD, SIG_DFL); /* while it is ignored, wait(2) does not find a child that ended */
    limit_process(plan->launches * (plan->deadline_ms + LIMIT_MS_TO_KILL), LATE);
    for (uint64_t i = 0; i < plan->launches; i++) {
        int code = launch(plan, words, i);
        if (code == DONE)
            continue;
        fprintf(stderr, "probe: process %llu of %llu ended with code %d.\n",
                (unsigned long long)i + 1, (unsigned long long)plan->launches, code);
        return code;
    }
    return DONE;
}
