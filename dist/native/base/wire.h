#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A shared mapping holds the length of the text at offset 0, and the text from this offset on. */
#define WIRE_TEXT_OFFSET 64u

/** Four arrays of MAX_BATCHES numbers of 20 digits fit. */
#define MAX_WIRE_LINE_BYTES ((size_t)1024 * 1024)

/**
 * Writes JSON lines to a descriptor or to a shared mapping. It adds the commas; the caller nests
 * the brackets. A line is built in memory and is written whole or not at all.
 */
struct wire {
    int descriptor;
    unsigned char *mapping; /* NULL: write to the descriptor */
    size_t capacity;        /* room for text in the mapping */
    size_t used; /* bytes of the line so far; above MAX_WIRE_LINE_BYTES the line is too long */
    char line[MAX_WIRE_LINE_BYTES];
};

/** Writes lines to a descriptor by write(2). */
void wire_to_descriptor(struct wire *wire, int descriptor);

/**
 * Appends lines to a file that the reader maps too.
 *
 * @returns false if it cannot be mapped or is too small (errno is set)
 */
bool wire_to_mapping(struct wire *wire, int descriptor);

void wire_open(struct wire *wire, char bracket);  /* '{' or '[' */
void wire_close(struct wire *wire, char bracket); /* '}' or ']' */
void wire_key(struct wire *wire, const char *key);
void wire_integer(struct wire *wire, uint64_t value);
void wire_tenths(struct wire *wire, double value);  /* one decimal */
void wire_decimal(struct wire *wire, double value); /* six decimals; 0 for NaN and infinity */
void wire_boolean(struct wire *wire, bool value);

/** At most MAX_WIRE_STRING characters. Anything but printable ASCII becomes '?'. */
void wire_string(struct wire *wire, const char *text);

/** The same with another limit. */
void wire_long_string(struct wire *wire, const char *text, size_t max);

#define MAX_WIRE_STRING 500

/**
 * Ends the line and writes it.
 *
 * @returns false if it is too long or the descriptor does not take it (errno is set)
 */
bool wire_end_line(struct wire *wire);

#endif
