#include "report/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"

struct tally {
    size_t used;
    bool inexact;
    /* Of the entries, in the same order: all that is looked through for each key. */
    uint64_t hashes[TALLY_ROOM], counts[TALLY_ROOM];
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
static size_t rarest(const struct tally *tally)
{
    size_t least = 0;

    for (size_t i = 1; i < tally->used; i++) {
        if (tally->counts[i] < tally->counts[least])
            least = i;
    }
    return least;
}

static bool is_entry(const struct tally_entry *entry, const void *key, size_t size_bytes)
{
    return entry->size_bytes == size_bytes && memcmp(entry->key, key, size_bytes) == 0;
}

/* Where the key stands, or `used`. */
static size_t find(const struct tally *tally, uint64_t hash, const void *key, size_t size_bytes)
{
    size_t at = 0;

    while (at < tally->used &&
           (tally->hashes[at] != hash || !is_entry(&tally->entries[at], key, size_bytes)))
        at++;
    return at;
}

void tally_add(struct tally *tally, const void *key, size_t size_bytes)
{
    uint64_t hash = hash_bytes(key, size_bytes);
    size_t at = find(tally, hash, key, size_bytes);

    assert(size_bytes <= TALLY_KEY_BYTES);
    if (at == tally->used) {
        if (tally->used < TALLY_ROOM) {
            tally->used++;
        } else {
            at = rarest(tally); /* its count is inherited: the newcomer's upper bound */
            tally->inexact = true;
        }
        tally->hashes[at] = hash;
        tally->entries[at].size_bytes = (uint16_t)size_bytes;
        memcpy(tally->entries[at].key, key, size_bytes);
    }
    tally->entries[at].count = ++tally->counts[at];
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
