#include "symbols.h"

#include <stdio.h>
#include <string.h>

#include "../base/marks.h"

/** Lines are "ffffffff81000000 T name", with "\t[module]" at the end for a module's symbol. */
static bool is_code(const char *line) {
    const char *blank = strchr(line, ' ');
    return blank != NULL && blank[1] != '\0' && strchr("tTwW", blank[1]) != NULL;
}

MARKED bool hand_over_symbols(void) {
    char line[1024]; /* a name has up to 511 characters (KSYM_NAME_LEN) */
    FILE *file = fopen("/proc/kallsyms", "re");
    if (file == NULL)
        return false;
    MARK(symbols_begin);
    while (fgets(line, sizeof line, file) != NULL)
        if (is_code(line))
            mark_bytes(line, strlen(line));
    MARK(symbols_end);
    return fclose(file) == 0;
}
