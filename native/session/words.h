#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_WORDS 64

/** The longest word that is read, its end included: the whole catalogue with rounds fits. */
#define MAX_WORD_BYTES ((size_t)8192)

/** The words of a plan, wherever they came from. */
struct words {
    const char *program; /* by what name this one was started */
    const char *list[MAX_WORDS];
    size_t count;
    char text[2 * MAX_WORD_BYTES]; /* of the words that were read */
    size_t used;
};

/**
 * Collects the words of the command line. `-` stands for those that are read from standard input,
 * `@PATH` for those that are read from a file: one a line, up to an empty line, since a serial line
 * has no end, or up to the end. At a terminal a line of type `ready` asks for them. Lines end as
 * terminals and hosts end them: \n, \r or \r\n.
 *
 * @returns false after one sentence on standard error
 */
bool words_collect(struct words *words, int argc, char **argv);

#endif
