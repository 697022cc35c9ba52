#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_WORDS 64

/** The longest word with its NUL: all metric ids with their rounds fit. */
#define MAX_WORD_BYTES ((size_t)8192)

/** The words of a plan, from the command line, standard input and files. */
struct words {
    const char *program; /* the name that this process was started with */
    const char *list[MAX_WORDS];
    size_t count;
    char text[2 * MAX_WORD_BYTES]; /* of words from standard input and files */
    size_t used;
};

/**
 * Collects the words of the command line. `-` stands for the words on standard input, `@PATH` for
 * the words in a file, one on each line. They end at an empty line, because a serial line has no
 * end, or at the end of the file. At a terminal, a line of type `ready` asks for them. Lines may
 * end in \n, \r or \r\n.
 *
 * @returns false after one sentence on standard error
 */
bool words_collect(struct words *words, int argc, char **argv);

#endif
