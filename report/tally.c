#include "report/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"

struct tally {
    size_t used;
    bool inexact;
    struct tally_entry entries[TALLY_ROOM];
};

struct tally *tally_new(void)
{
    return calloc(1, sizeof(struct tally));
}

void tally_free(struct tally *tally)
{
    free(tally);
}

/* The smallest count; of several the first, so that hashes decide nothing. */
static struct tally_entry *rarest(struct tally *tally)
{
    struct tally_entry *least = &tally->entries[0];

    for (size_t i = 1; i < tally->used; i++) {
        if (tally->entries[i].count < least->count)
            least = &tally->entries[i];
    }
    return least;
}

static struct tally_entry *find(struct tally *tally, uint64_t hash, const void *key, size_t size)
{
    for (size_t i = 0; i < tally->used; i++) {
        struct tally_entry *entry = &tally->entries[i];

        if (entry->hash == hash && entry->size_bytes == size && memcmp(entry->key, key, size) == 0)
            return entry;
    }
    return NULL;
}

void tally_add(struct tally *tally, const void *key, size_t size_bytes)
{
    uint64_t hash = hash_bytes(key, size_bytes);
    struct tally_entry *entry = find(tally, hash, key, size_bytes);

    assert(size_bytes <= TALLY_KEY_BYTES);
    if (entry == NULL) {
        if (tally->used < TALLY_ROOM) {
            entry = &tally->entries[tally->used++];
        } else {
            entry = rarest(tally); /* its count is inherited: the newcomer's upper bound */
            tally->inexact = true;
        }
        entry->hash = hash;
        entry->size_bytes = (uint16_t)size_bytes;
        memcpy(entry->key, key, size_bytes);
    }
    entry->count++;
}

static int compare_entries(const struct tally_entry *a, const struct tally_entry *b)
{
    size_t common = a->size_bytes < b->size_bytes ? a->size_bytes : b->size_bytes;
    int order;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    order = memcmp(a->key, b->key, common);
    return order != 0 ? order : (int)a->size_bytes - (int)b->size_bytes;
}

size_t tally_top(const struct tally *tally, const struct tally_entry **top, size_t count)
{
    size_t filled = 0;

    for (size_t i = 0; i < tally->used; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        size_t at = filled;

        while (at > 0 && compare_entries(entry, top[at - 1]) < 0)
            at--;
        if (at == count)
            continue;
        if (filled < count)
            filled++;
        memmove(top + at + 1, top + at, (filled - at - 1) * sizeof(*top));
        top[at] = entry;
    }
    return filled;
}

bool tally_is_exact(const struct tally *tally)
{
    return !tally->inexact;
}
