#include "catalogue.h"

#include <string.h>

#include "families.h"

#define ADDRESS_OF_FAMILY(name) &name##_family,

static const struct family *const families[] = {FAMILIES(ADDRESS_OF_FAMILY)};

enum { FAMILY_COUNT = sizeof families / sizeof families[0] };

size_t catalogue_size(void) {
    size_t size = 0;
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        size += families[i]->count;
    return size;
}

const struct metric *catalogue_at(size_t index) {
    size_t family = 0;
    while (index >= families[family]->count)
        index -= families[family++]->count;
    return &families[family]->metrics[index];
}

const struct metric *catalogue_find(const char *id, size_t length) {
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct metric *metric = catalogue_at(i);
        if (strlen(metric->id) == length && memcmp(metric->id, id, length) == 0)
            return metric;
    }
    return NULL;
}
