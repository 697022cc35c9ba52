#include "wire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void wire_to_descriptor(struct wire *wire, int descriptor) {
    wire->descriptor = descriptor;
    wire->mapping = NULL;
    wire->used = 0;
}

bool wire_to_mapping(struct wire *wire, int descriptor) {
    struct stat status;
    wire_to_descriptor(wire, descriptor);
    if (fstat(descriptor, &status) != 0)
        return false;
    if (status.st_size <= (off_t)WIRE_TEXT_OFFSET) {
        errno = ENOSPC;
        return false;
    }
    void *mapping =
        mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapping == MAP_FAILED)
        return false;
    wire->mapping = mapping;
    wire->capacity = (size_t)status.st_size - WIRE_TEXT_OFFSET;
    return true;
}

static void append(struct wire *wire, const char *text, size_t length) {
    if (length > MAX_WIRE_LINE_BYTES || wire->used > MAX_WIRE_LINE_BYTES - length) {
        wire->used = MAX_WIRE_LINE_BYTES + 1;
        return;
    }
    memcpy(wire->line + wire->used, text, length);
    wire->used += length;
}

static void append_text(struct wire *wire, const char *text) {
    append(wire, text, strlen(text));
}

/** Adds a comma, unless this is the first value after a bracket or the value of a key. */
static void separate(struct wire *wire) {
    if (wire->used == 0 || wire->used > MAX_WIRE_LINE_BYTES)
        return;
    if (strchr("{[:", wire->line[wire->used - 1]) == NULL)
        append(wire, ",", 1);
}

void wire_open(struct wire *wire, char bracket) {
    separate(wire);
    append(wire, &bracket, 1);
}

void wire_close(struct wire *wire, char bracket) {
    append(wire, &bracket, 1);
}

void wire_key(struct wire *wire, const char *key) {
    wire_string(wire, key);
    append(wire, ":", 1);
}

void wire_integer(struct wire *wire, uint64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    separate(wire);
    append_text(wire, digits);
}

static void append_number(struct wire *wire, double value, int decimals) {
    char digits[64];
    bool fits = value > -1e18 && value < 1e18; /* false for NaN, too */
    snprintf(digits, sizeof digits, "%.*f", decimals, fits ? value : 0.0);
    separate(wire);
    append_text(wire, digits);
}

void wire_tenths(struct wire *wire, double value) {
    append_number(wire, value, 1);
}

void wire_decimal(struct wire *wire, double value) {
    append_number(wire, value, 6);
}

void wire_boolean(struct wire *wire, bool value) {
    separate(wire);
    append_text(wire, value ? "true" : "false");
}

void wire_long_string(struct wire *wire, const char *text, size_t max) {
    separate(wire);
    append(wire, "\"", 1);
    for (size_t i = 0; text[i] != '\0' && i < max; i++) {
        if (text[i] == '"' || text[i] == '\\')
            append(wire, "\\", 1);
        append(wire, text[i] >= ' ' && text[i] <= '~' ? &text[i] : "?", 1);
    }
    append(wire, "\"", 1);
}

void wire_string(struct wire *wire, const char *text) {
    wire_long_string(wire, text, MAX_WIRE_STRING);
}

static bool append_to_mapping(struct wire *wire) {
    _Atomic uint64_t *length = (_Atomic uint64_t *)(void *)wire->mapping;
    uint64_t before = atomic_load_explicit(length, memory_order_relaxed);
    if (before > wire->capacity || wire->used > wire->capacity - before) {
        errno = ENOSPC;
        return false;
    }
    memcpy(wire->mapping + WIRE_TEXT_OFFSET + before, wire->line, wire->used);
    /* A reader that sees the new length sees the text too. */
    atomic_store_explicit(length, before + wire->used, memory_order_release);
    return true;
}

static bool write_out(struct wire *wire) {
    for (size_t written = 0; written < wire->used;) {
        ssize_t count = write(wire->descriptor, wire->line + written, wire->used - written);
        if (count >= 0)
            written += (size_t)count;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

bool wire_end_line(struct wire *wire) {
    append(wire, "\n", 1);
    bool written = false;
    if (wire->used > MAX_WIRE_LINE_BYTES)
        errno = EMSGSIZE;
    else
        written = wire->mapping != NULL ? append_to_mapping(wire) : write_out(wire);
    wire->used = 0;
    return written;
}
