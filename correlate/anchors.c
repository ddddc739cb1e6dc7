#include "correlate/anchors.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/anchors_file.h"
#include "decode/codes.h"

struct anchors {
    struct anchor *list; /* their RDATA is owned, too */
    size_t count, capacity;
};

void anchors_free(struct anchors *anchors)
{
    if (!anchors)
        return;
    for (size_t i = 0; i < anchors->count; i++)
        free((void *)(uintptr_t)anchors->list[i].rdata);
    free(anchors->list);
    free(anchors);
}

int anchors_add(struct anchors *anchors, const struct name *zone, uint16_t type,
                const uint8_t *rdata, size_t size)
{
    uint8_t *copy = malloc(size);

    if (copy && anchors->count == anchors->capacity) {
        size_t capacity = anchors->capacity * 2 + 4;
        struct anchor *grown = realloc(anchors->list, capacity * sizeof(*grown));

        if (!grown) {
            free(copy);
            return -1;
        }
        anchors->list = grown;
        anchors->capacity = capacity;
    }
    if (!copy)
        return -1;
    memcpy(copy, rdata, size);
    anchors->list[anchors->count++] =
        (struct anchor){.zone = *zone, .type = type, .rdata_size = (uint16_t)size, .rdata = copy};
    return 0;
}

struct anchors *anchors_load(const char *path, struct error *error)
{
    struct anchors *anchors = calloc(1, sizeof(*anchors));

    if (!anchors) {
        error_set(error, "%s: out of memory", path);
        return NULL;
    }
    if (anchors_read_file(anchors, path, error) != 0) {
        anchors_free(anchors);
        return NULL;
    }
    if (anchors->count == 0) {
        error_set(error, "%s: no trust anchor in it", path);
        anchors_free(anchors);
        return NULL;
    }
    return anchors;
}

/* Key tag, algorithm 8 (RSASHA256), digest type 2 (SHA-256), as IANA publishes them. */
static const uint8_t root_anchors[][36] = {
    {0x4f, 0x66, 8,    2,    0xe0, 0x6d, 0x44, 0xb8, 0x0b, 0x8f, 0x1d, 0x39,
     0xa9, 0x5c, 0x0b, 0x0d, 0x7c, 0x65, 0xd0, 0x84, 0x58, 0xe8, 0x80, 0x40,
     0x9b, 0xbc, 0x68, 0x34, 0x57, 0x10, 0x42, 0x37, 0xc7, 0xf8, 0xec, 0x8d}, /* KSK-2017 */
    {0x97, 0x28, 8,    2,    0x68, 0x3d, 0x2d, 0x0a, 0xcb, 0x8c, 0x9b, 0x71,
     0x2a, 0x19, 0x48, 0xb2, 0x7f, 0x74, 0x12, 0x19, 0x29, 0x8d, 0x0a, 0x45,
     0x0d, 0x61, 0x2c, 0x48, 0x3a, 0xf4, 0x44, 0xa4, 0xc0, 0xfb, 0x2b, 0x16}, /* KSK-2024 */
};

struct anchors *anchors_default(void)
{
    static const struct name root = {.size_bytes = 1};
    struct anchors *anchors = calloc(1, sizeof(*anchors));

    for (size_t i = 0; anchors && i < sizeof(root_anchors) / sizeof(root_anchors[0]); i++) {
        if (anchors_add(anchors, &root, TYPE_DS, root_anchors[i], sizeof(root_anchors[i])) != 0) {
            anchors_free(anchors);
            anchors = NULL;
        }
    }
    return anchors;
}

const struct anchor *anchors_find(const struct anchors *anchors, const struct name *zone,
                                  size_t index)
{
    for (size_t i = 0; i < anchors->count; i++)
        if (name_equal(&anchors->list[i].zone, zone) && index-- == 0)
            return &anchors->list[i];
    return NULL;
}

bool anchors_closest(const struct anchors *anchors, const struct name *name, struct name *zone)
{
    const struct anchor *closest = NULL;

    for (size_t i = 0; i < anchors->count; i++) {
        const struct anchor *anchor = &anchors->list[i];

        if (name_is_within(name->bytes, name->size_bytes, anchor->zone.bytes,
                           anchor->zone.size_bytes) &&
            (!closest || anchor->zone.size_bytes > closest->zone.size_bytes))
            closest = anchor;
    }
    if (closest)
        *zone = closest->zone;
    return closest != NULL;
}
