#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "../harness/measure.h"
#include "../harness/tail.h"

enum { MAX_ROUNDS = 1000, MAX_LAUNCHES = 64 };

static const struct number_option {
    const char *name;
    uint64_t min, max;
    size_t field;
} number_options[] = {
    {"rounds", 1, MAX_ROUNDS, offsetof(struct plan, rounds)},
    {"batches", 1, MAX_BATCHES, offsetof(struct plan, batches)},
    {"batch-us", 1, 1000000, offsetof(struct plan, batch_us)},
    {"operations", 1, 1000000000, offsetof(struct plan, operations)},
    {"seed", 0, UINT64_MAX, offsetof(struct plan, seed)},
    {"launches", 1, MAX_LAUNCHES, offsetof(struct plan, launches)},
    {"cpu", 0, 65535, offsetof(struct plan, cpu)},
    {"deadline-ms", 1, 86400000, offsetof(struct plan, deadline_ms)},
    {"tails", 1, MAX_TAIL_SAMPLES, offsetof(struct plan, tails)},
    {"symbols", 0, 1, offsetof(struct plan, symbols)},
    {"results-fd", 3, 65535, offsetof(struct plan, results_fd)},
};

enum { NUMBER_OPTIONS = sizeof number_options / sizeof number_options[0] };

/** Only decimal digits: no sign, no space, no overflow. */
static bool parse_number(const char *text, uint64_t *number) {
    *number = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

static bool parse_number_option(struct plan *plan, const struct number_option *option,
                                const char *text) {
    uint64_t *field = (uint64_t *)(void *)((char *)plan + option->field);
    if (parse_number(text, field) && *field >= option->min && *field <= option->max)
        return true;
    fprintf(stderr, "probe: --%s=%.64s is not a whole number from %llu to %llu.\n", option->name,
            text, (unsigned long long)option->min, (unsigned long long)option->max);
    return false;
}

/** Reads the number of rounds after an id. */
static bool parse_rounds(const char *text, size_t length, uint64_t *rounds) {
    *rounds = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || *rounds > MAX_ROUNDS)
            return false;
        *rounds = *rounds * 10 + (uint64_t)(text[i] - '0');
    }
    return *rounds >= 1 && *rounds <= MAX_ROUNDS;
}

/** Splits `ID` or `ID:ROUNDS`. */
static bool split_rounds(const char *entry, size_t *length, uint64_t *rounds) {
    const char *colon = memchr(entry, ':', *length);
    *rounds = PLAN_UNSET;
    if (colon == NULL)
        return true;
    size_t digits = *length - (size_t)(colon + 1 - entry);
    if (!parse_rounds(colon + 1, digits, rounds)) {
        int shown = *length < 64 ? (int)*length : 64;
        fprintf(stderr, "probe: '%.*s' does not end in a number of rounds from 1 to %d.\n", shown,
                entry, MAX_ROUNDS);
        return false;
    }
    *length = (size_t)(colon - entry);
    return true;
}

static bool add_metric(struct plan *plan, const char *id, size_t length) {
    uint64_t rounds;
    if (!split_rounds(id, &length, &rounds))
        return false;
    int shown = length < 64 ? (int)length : 64;
    const struct metric *metric = catalogue_find(id, length);
    if (metric == NULL) {
        fprintf(stderr, "probe: there is no metric '%.*s'; --list prints all of them.\n", shown,
                id);
        return false;
    }
    for (size_t i = 0; i < plan->metric_count; i++) {
        if (plan->metrics[i].metric == metric) {
            fprintf(stderr, "probe: --metrics names '%.*s' twice.\n", shown, id);
            return false;
        }
    }
    plan->metrics[plan->metric_count++] = (struct planned){metric, rounds};
    return true;
}

static bool parse_metrics(struct plan *plan, const char *list) {
    plan->metric_count = 0;
    for (;;) {
        size_t length = strcspn(list, ",");
        if (!add_metric(plan, list, length))
            return false;
        if (list[length] == '\0')
            return true;
        list += length + 1;
    }
}

/** The value of `--name=value`, or NULL if the argument is another option. */
static const char *option_value(const char *argument, const char *name) {
    size_t length = strlen(name);
    if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, name, length) != 0)
        return NULL;
    return argument[2 + length] == '=' ? argument + 2 + length + 1 : NULL;
}

static bool parse_injection(struct plan *plan, const char *name) {
    for (int i = INJECT_NOTHING + 1; i < INJECTIONS; i++) {
        if (strcmp(name, injection_names[i]) == 0) {
            plan->injection = (enum injection)i;
            return true;
        }
    }
    fprintf(stderr, "probe: --inject=%.64s is not known; choose one of", name);
    for (int i = INJECT_NOTHING + 1; i < INJECTIONS; i++)
        fprintf(stderr, " %s", injection_names[i]);
    fputs(".\n", stderr);
    return false;
}

static bool parse_argument(struct plan *plan, const char *argument) {
    if (strcmp(argument, "--list") == 0)
        return plan->list = true;
    if (strcmp(argument, "--environment") == 0)
        return plan->environment = true;
    if (strcmp(argument, "--instructions") == 0)
        return plan->instructions = true;
    if (strcmp(argument, "--bare") == 0) {
        fputs("probe: --bare only works on the command line.\n", stderr);
        return false;
    }
    const char *value = option_value(argument, "metrics");
    if (value != NULL)
        return parse_metrics(plan, value);
    value = option_value(argument, "inject");
    if (value != NULL)
        return parse_injection(plan, value);
    value = option_value(argument, "seccomp");
    if (value != NULL)
        return (plan->seccomp = value) != NULL;
    value = option_value(argument, "audit-rules");
    if (value != NULL)
        return (plan->audit_rules = value) != NULL;
    for (size_t i = 0; i < NUMBER_OPTIONS; i++) {
        value = option_value(argument, number_options[i].name);
        if (value != NULL)
            return parse_number_option(plan, &number_options[i], value);
    }
    fprintf(stderr,
            "probe: %.64s is not an option; run probe without arguments to see all options.\n",
            argument);
    return false;
}

static void print_usage(void) {
    fputs("usage: probe --list\n"
          "       probe --metrics=ID[:ROUNDS],… [--rounds=2] [--batches=10] [--batch-us=200] "
          "[--operations=N | --instructions] [--seed=1] "
          "[--launches=1] [--cpu=N] [--deadline-ms=60000] [--tails=SAMPLES] "
          "[--symbols=0] [--environment] "
          "[--results-fd=N] [--inject=REGRESSION] [--seccomp=FILTER] "
          "[--bare [--audit-rules=RULES]]\n"
          "       probe [OPTION…] -      and more options from standard input, one a line\n"
          "       probe [OPTION…] @PATH  and more options from a file, one a line\n",
          stderr);
}

bool plan_parse(struct plan *plan, const struct words *words) {
    *plan = (struct plan){
        .rounds = 2,
        .batches = 10,
        .batch_us = 200,
        .seed = 1,
        .launches = 1,
        .cpu = PLAN_UNSET,
        .deadline_ms = 60000,
        .tails = PLAN_UNSET,
        .results_fd = PLAN_UNSET,
    };
    for (size_t i = 0; i < words->count; i++)
        if (!parse_argument(plan, words->list[i]))
            return false;
    if (words->count == 0)
        print_usage();
    else if (!plan->list && plan->metric_count == 0)
        fputs("probe: --metrics=ID,… is missing; --list prints the ids.\n", stderr);
    else
        return true;
    return false;
}
