/**
 * hide_vdso COMMAND [ARGUMENT…]: runs a command and hides the vDSO from it. So it reads every clock
 * by a system call, as on machines whose clock source cannot be read from user space.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/** The address of argc: field 28 of proc_pid_stat(5). The name before it may hold any character. */
static unsigned long *initial_stack(pid_t pid) {
    char path[32];
    char line[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    char *at = strrchr(line, ')');
    for (int field = 2; at != NULL && field < 28; field++)
        at = strchr(at + 1, ' ');
    return at == NULL ? NULL : (unsigned long *)strtoul(at, NULL, 10);
}

static unsigned long peek(pid_t pid, unsigned long *at) {
    return (unsigned long)ptrace(PTRACE_PEEKDATA, pid, at, NULL);
}

/**
 * Makes the vDSO's entry in the auxiliary vector ignored. The vector follows argc, the arguments,
 * NULL, the environment and another NULL.
 */
static int hide(pid_t pid) {
    unsigned long *at = initial_stack(pid);
    if (at == NULL)
        return 0;
    at += peek(pid, at) + 2;
    while (peek(pid, at) != 0)
        at++;
    at++;
    for (unsigned long type; (type = peek(pid, at)) != AT_NULL; at += 2)
        if (type == AT_SYSINFO_EHDR)
            return ptrace(PTRACE_POKEDATA, pid, at, AT_IGNORE) == 0;
    return 1;
}

static int run(char **command) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
        execvp(command[0], command);
    perror(command[0]);
    return 127;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs("usage: hide_vdso COMMAND [ARGUMENT…]\n", stderr);
        return 2;
    }
    int status;
    pid_t pid = fork();
    if (pid == 0)
        return run(argv + 1);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) || !hide(pid) ||
        ptrace(PTRACE_DETACH, pid, NULL, NULL) != 0 || waitpid(pid, &status, 0) != pid) {
        perror("hiding the vDSO");
        return 1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
