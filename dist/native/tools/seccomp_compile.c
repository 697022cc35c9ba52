/**
 * Compiles seccomp rules to a classic BPF program with libseccomp, as container engines do. It
 * loads the library at run time, so it needs no header, only the library that engines and systemd
 * install.
 *
 * Standard input has one command on each line: `default ACTION`, then `arch NAME`, whose first need
 * not be this machine's architecture, then `rule ACTION CALL [INDEX OP A B]…`. Numbers are as in
 * strtoull(3), actions as in seccomp(2), operators as in libseccomp's enum scmp_compare. It skips
 * calls that libseccomp does not know, as engines do. Standard output: the program, an array of
 * struct sock_filter.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CONDITIONS = 6, UNKNOWN_CALL = -1 };

/** As in libseccomp's header. */
struct condition {
    unsigned index;
    int comparison;
    uint64_t a, b;
};

static struct {
    void *(*init)(uint32_t action);
    uint32_t (*arch)(const char *name);
    uint32_t (*own_arch)(void);
    int (*add_arch)(void *filter, uint32_t arch);
    int (*remove_arch)(void *filter, uint32_t arch);
    int (*call)(const char *name);
    int (*add_rule)(void *filter, uint32_t action, int call, unsigned count,
                    const struct condition *conditions);
    int (*export)(const void *filter, int descriptor);
} library;

static _Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void find(void *handle, const char *name, void *function) {
    void *address = dlsym(handle, name);
    if (address == NULL)
        fail("libseccomp.so.2", dlerror());
    memcpy(function, &address, sizeof address);
}

static void load(void) {
    void *handle = dlopen("libseccomp.so.2", RTLD_NOW);
    if (handle == NULL)
        fail("libseccomp.so.2", dlerror());
    find(handle, "seccomp_init", &library.init);
    find(handle, "seccomp_arch_resolve_name", &library.arch);
    find(handle, "seccomp_arch_native", &library.own_arch);
    find(handle, "seccomp_arch_add", &library.add_arch);
    find(handle, "seccomp_arch_remove", &library.remove_arch);
    find(handle, "seccomp_syscall_resolve_name", &library.call);
    find(handle, "seccomp_rule_add_array", &library.add_rule);
    find(handle, "seccomp_export_bpf", &library.export);
}

static char *word(char **rest) {
    return strtok_r(NULL, " \n", rest);
}

static uint64_t number(const char *text) {
    char *end;
    if (text == NULL)
        fail("a rule", "a number is missing");
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    if (*end != '\0' || errno != 0)
        fail(text, "is not a number");
    return value;
}

/**
 * libseccomp starts a filter with this machine's architecture. Removes it, unless it was asked for
 * first.
 */
static void leave_out_own(void *filter, uint32_t first) {
    static bool done;
    uint32_t own = library.own_arch();
    int result = done || first == own ? 0 : library.remove_arch(filter, own);
    done = true;
    if (result != 0)
        fail("the architecture of this machine", strerror(-result));
}

static void add_arch(void *filter, char **rest) {
    const char *name = word(rest);
    uint32_t arch = name == NULL ? 0 : library.arch(name);
    if (arch == 0)
        fail(name == NULL ? "arch" : name, "is not an architecture that libseccomp knows");
    int result = library.add_arch(filter, arch);
    if (result != 0 && result != -EEXIST)
        fail(name, strerror(-result));
    leave_out_own(filter, arch);
}

static void add_rule(void *filter, char **rest) {
    uint32_t action = (uint32_t)number(word(rest));
    const char *name = word(rest);
    if (name == NULL)
        fail("a rule", "the call is missing");
    struct condition conditions[MAX_CONDITIONS];
    unsigned count = 0;
    for (char *index = word(rest); index != NULL; index = word(rest)) {
        if (count == MAX_CONDITIONS)
            fail(name, "too many conditions");
        struct condition *condition = &conditions[count++];
        condition->index = (unsigned)number(index);
        condition->comparison = (int)number(word(rest));
        condition->a = number(word(rest));
        condition->b = number(word(rest));
    }
    int call = library.call(name);
    if (call == UNKNOWN_CALL)
        return;
    int result = library.add_rule(filter, action, call, count, conditions);
    if (result != 0)
        fail(name, strerror(-result));
}

static void *obey(void *filter, char *line) {
    char *rest;
    const char *verb = strtok_r(line, " \n", &rest);
    if (verb == NULL)
        return filter;
    if (filter == NULL && strcmp(verb, "default") == 0)
        return library.init((uint32_t)number(word(&rest)));
    if (filter != NULL && strcmp(verb, "arch") == 0)
        add_arch(filter, &rest);
    else if (filter != NULL && strcmp(verb, "rule") == 0)
        add_rule(filter, &rest);
    else
        fail(verb, "is not a command here");
    return filter;
}

int main(void) {
    char line[4096];
    void *filter = NULL;
    load();
    while (fgets(line, sizeof line, stdin) != NULL)
        filter = obey(filter, line);
    if (filter == NULL)
        fail("default", "is missing");
    int result = library.export(filter, STDOUT_FILENO);
    if (result != 0)
        fail("seccomp_export_bpf", strerror(-result));
    return 0;
}
