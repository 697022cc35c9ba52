#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** In a shared mapping: the text's length is at offset 0, the text begins here. */
#define WIRE_TEXT_OFFSET 64u

/** Three arrays of MAX_BATCHES numbers of 20 digits fit. */
#define MAX_WIRE_LINE_BYTES ((size_t)1024 * 1024)

/**
 * A writer of JSON lines to a descriptor or to a shared mapping. Commas are put where they belong;
 * nesting is the caller's. A line is built in memory and leaves whole or not at all.
 */
struct wire {
    int descriptor;
    unsigned char *mapping; /* or NULL: write to the descriptor */
    size_t capacity;        /* bytes of text that the mapping holds */
    size_t used; /* bytes of the line so far; more than MAX_WIRE_LINE_BYTES: it is too long */
    char line[MAX_WIRE_LINE_BYTES];
};

/** Writes lines to a descriptor by write(2). */
void wire_to_descriptor(struct wire *wire, int descriptor);

/**
 * Appends lines to the file mapped from a descriptor, for a reader that shares it.
 *
 * @returns false when it cannot be mapped or is too small (errno is set)
 */
bool wire_to_mapping(struct wire *wire, int descriptor);

void wire_open(struct wire *wire, char bracket);  /* '{' or '[' */
void wire_close(struct wire *wire, char bracket); /* '}' or ']' */
void wire_key(struct wire *wire, const char *key);
void wire_integer(struct wire *wire, uint64_t value);
void wire_tenths(struct wire *wire, double value);  /* one decimal */
void wire_decimal(struct wire *wire, double value); /* six decimals; 0 where it is no number */
void wire_boolean(struct wire *wire, bool value);

/** At most MAX_WIRE_STRING characters; what is not printable ASCII becomes '?'. */
void wire_string(struct wire *wire, const char *text);

/** The same with another bound. */
void wire_long_string(struct wire *wire, const char *text, size_t most);

#define MAX_WIRE_STRING 500

/**
 * Ends the line and hands it over.
 *
 * @returns false when it does not fit or the descriptor does not take it (errno is set)
 */
bool wire_end_line(struct wire *wire);

#endif
