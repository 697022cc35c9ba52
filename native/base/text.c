#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void text_copy(char *to, size_t size, const char *from) {
    snprintf(to, size, "%s", from);
}

static size_t read_start(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    size_t length = 0;
    while (length < size) {
        ssize_t count = read(file, text + length, size - length);
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    close(file);
    return length;
}

bool text_read(const char *path, char *text, size_t size) {
    size_t length = read_start(path, text, size - 1);
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    if (length == 0)
        text_copy(text, size, UNKNOWN);
    return length > 0;
}

/** The text after the name and a colon if the line begins with them, else NULL. */
static const char *value_in_line(const char *line, const char *name) {
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0)
        return NULL;
    line += length + strspn(line + length, " \t");
    return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

bool text_field(const char *text, const char *name, char *value, size_t size) {
    for (const char *line = text; line != NULL;) {
        const char *found = value_in_line(line, name);
        size_t length = found != NULL ? strcspn(found, "\n") : 0;
        if (length > 0) {
            snprintf(value, size, "%.*s", (int)length, found);
            return true;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    text_copy(value, size, UNKNOWN);
    return false;
}
