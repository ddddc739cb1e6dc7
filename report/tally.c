#include "report/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"

#define CHAINS (2 * TALLY_ROOM)

struct tally {
    size_t used;
    bool inexact;
    /* Counts only grow: none is below `least`, and none of those before `rarest` is it. */
    uint64_t least;
    size_t rarest;
    uint16_t first[CHAINS]; /* of the entries whose hashes end alike; numbered from 1, 0: none */
    /* Of each entry: */
    uint16_t next[TALLY_ROOM]; /* in its chain */
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

static void find_least(struct tally *tally)
{
    tally->least = UINT64_MAX;
    for (size_t i = 0; i < tally->used; i++) {
        if (tally->counts[i] < tally->least)
            tally->least = tally->counts[i];
    }
}

/* The smallest count; of several the first, so that hashes decide nothing. */
static size_t find_rarest(struct tally *tally)
{
    while (tally->rarest < tally->used && tally->counts[tally->rarest] != tally->least)
        tally->rarest++;
    if (tally->rarest < tally->used)
        return tally->rarest;
    find_least(tally);
    tally->rarest = 0;
    return find_rarest(tally);
}

static bool is_entry(const struct tally_entry *entry, const void *key, size_t size_bytes)
{
    return entry->size_bytes == size_bytes && memcmp(entry->key, key, size_bytes) == 0;
}

/* Where the key's entry is linked to; 0 stands there where there is none. */
static uint16_t *find(struct tally *tally, uint64_t hash, const void *key, size_t size_bytes)
{
    uint16_t *link = &tally->first[hash % CHAINS];

    while (*link != 0 && (tally->hashes[*link - 1] != hash ||
                          !is_entry(&tally->entries[*link - 1], key, size_bytes)))
        link = &tally->next[*link - 1];
    return link;
}

/* An entry that is free, or the rarest one's: its count is inherited, the newcomer's upper bound.
 */
static size_t claim(struct tally *tally)
{
    const struct tally_entry *entry;
    size_t at;
    uint16_t *link;

    if (tally->used < TALLY_ROOM)
        return tally->used++;
    tally->inexact = true;
    at = find_rarest(tally);
    entry = &tally->entries[at];
    link = find(tally, tally->hashes[at], entry->key, entry->size_bytes);
    *link = tally->next[at];
    return at;
}

static size_t add(struct tally *tally, uint64_t hash, const void *key, size_t size_bytes)
{
    size_t at = claim(tally);
    uint16_t *first = &tally->first[hash % CHAINS];

    tally->next[at] = *first;
    *first = (uint16_t)(at + 1);
    tally->hashes[at] = hash;
    tally->entries[at].size_bytes = (uint16_t)size_bytes;
    memcpy(tally->entries[at].key, key, size_bytes);
    return at;
}

void tally_add(struct tally *tally, const void *key, size_t size_bytes)
{
    uint64_t hash = hash_bytes(key, size_bytes);
    uint16_t number = *find(tally, hash, key, size_bytes);
    size_t at;

    assert(size_bytes <= TALLY_KEY_BYTES);
    at = number > 0 ? number - 1u : add(tally, hash, key, size_bytes);
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
