#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/console.h"

enum { END_OF_INPUT = -1, READ_FAILED = -2 };

struct reader {
    int descriptor;
    const char *name;
    char block[4096];
    size_t length, next;
    bool after_return; /* the last byte was \r, so a \n now ends the same line */
};

static int next_byte(struct reader *reader) {
    if (reader->next == reader->length) {
        ssize_t count;
        do {
            count = read(reader->descriptor, reader->block, sizeof reader->block);
        } while (count < 0 && errno == EINTR);
        if (count <= 0)
            return count == 0 ? END_OF_INPUT : READ_FAILED;
        reader->length = (size_t)count;
        reader->next = 0;
    }
    return (unsigned char)reader->block[reader->next++];
}

/** The next byte, or '\n' for any end of line. */
static int next_character(struct reader *reader) {
    int byte = next_byte(reader);
    if (byte == '\n' && reader->after_return)
        byte = next_byte(reader);
    reader->after_return = byte == '\r';
    return byte == '\r' ? '\n' : byte;
}

static bool add(struct words *words, const char *word) {
    if (words->count == MAX_WORDS) {
        fprintf(stderr, "probe: a plan has at most %d words.\n", MAX_WORDS);
        return false;
    }
    words->list[words->count++] = word;
    return true;
}

static bool add_character(struct words *words, const struct reader *reader, size_t length,
                          char character) {
    if (length >= MAX_WORD_BYTES - 1) {
        fprintf(stderr, "probe: a word of the plan in %.64s is longer than %zu bytes.\n",
                reader->name, MAX_WORD_BYTES - 1);
        return false;
    }
    if (words->used >= sizeof words->text - 1) {
        fprintf(stderr, "probe: the plan in %.64s is longer than %zu bytes.\n", reader->name,
                sizeof words->text - 1);
        return false;
    }
    words->text[words->used++] = character;
    return true;
}

/** @param length receives the length of the word: 0 if there are no more words */
static bool read_word(struct words *words, struct reader *reader, size_t *length) {
    const char *word = words->text + words->used;
    int character;
    for (*length = 0; (character = next_character(reader)) >= 0 && character != '\n'; (*length)++)
        if (!add_character(words, reader, *length, (char)character))
            return false;
    if (character == READ_FAILED) {
        fprintf(stderr, "probe: reading the plan in %.64s failed: %s.\n", reader->name,
                strerror(errno));
        return false;
    }
    if (*length == 0)
        return true;
    words->text[words->used++] = '\0';
    return add(words, word);
}

static bool read_words(struct words *words, int descriptor, const char *name) {
    struct reader reader = {.descriptor = descriptor, .name = name};
    size_t before = words->count;
    size_t length;
    do {
        if (!read_word(words, &reader, &length))
            return false;
    } while (length > 0);
    if (words->count == before)
        fprintf(stderr, "probe: the plan in %.64s ended before its first word.\n", name);
    return words->count > before;
}

/**
 * Asks for the plan: what is sent to a terminal earlier is echoed, or lost while its kernel boots.
 */
static bool read_input(struct words *words) {
    static const char ready[] = "{\"type\":\"ready\"}\n";
    if (console_borrow(STDIN_FILENO) &&
        write(STDOUT_FILENO, ready, sizeof ready - 1) != (ssize_t)sizeof ready - 1) {
        fprintf(stderr, "probe: asking for the plan failed: %s.\n", strerror(errno));
        return false;
    }
    return read_words(words, STDIN_FILENO, "standard input");
}

static bool read_file(struct words *words, const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        fprintf(stderr, "probe: the plan in '%.64s' cannot be opened: %s.\n", path,
                strerror(errno));
        return false;
    }
    bool complete = read_words(words, file, path);
    close(file);
    return complete;
}

static bool collect(struct words *words, const char *argument) {
    if (strcmp(argument, "-") == 0)
        return read_input(words);
    if (argument[0] == '@')
        return read_file(words, argument + 1);
    return add(words, argument);
}

bool words_collect(struct words *words, int argc, char **argv) {
    words->program = argc > 0 ? argv[0] : "probe";
    words->count = 0;
    words->used = 0;
    for (int i = 1; i < argc; i++)
        if (!collect(words, argv[i]))
            return false;
    return true;
}
