#include "correlate/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE   UINT32_MAX
#define LEVELS 32 /* holders by the logarithm of their number of slots */

/* Stands before each slot's payload. */
struct entry {
    uint64_t key;
    uint32_t bucket_next;
    uint32_t holder;
    uint32_t holder_older, holder_younger;
    uint32_t older, younger;
};

struct holder {
    uint64_t key;
    uint32_t bucket_next;
    uint32_t slots;
    uint32_t oldest, youngest;
    uint32_t level_previous, level_next;
};

/* A doubly linked list of indexes, oldest at the head. */
struct list {
    uint32_t head, tail;
};

struct table {
    uint8_t *entries;
    size_t stride;
    uint32_t capacity;
    uint32_t fresh; /* entries at and above were never used */
    uint32_t
        free; /* singly linked through bucket_next, last freed first: it is still in the cache */
    uint32_t used;
    struct list age;
    uint32_t *buckets;
    uint32_t mask;

    struct holder *holders;
    uint32_t *holder_buckets;
    uint32_t holder_fresh;
    uint32_t holder_free;
    struct list levels[LEVELS];

    uint64_t evicted;
    table_release_function release;
    void *context;
};

static struct entry *entry_at(const struct table *table, uint32_t index)
{
    return (struct entry *)(void *)(table->entries + (size_t)index * table->stride);
}

static uint32_t index_of(const struct table *table, const struct entry *entry)
{
    return (uint32_t)((size_t)((const uint8_t *)entry - table->entries) / table->stride);
}

static struct entry *entry_of(const void *slot)
{
    return (struct entry *)(uintptr_t)((const uint8_t *)slot - sizeof(struct entry));
}

static void *slot_of(struct entry *entry)
{
    return entry + 1;
}

static uint32_t power_of_two(uint32_t at_least)
{
    uint32_t power = 16;

    while (power < at_least)
        power *= 2;
    return power;
}

static size_t stride_of(size_t slot_size)
{
    return (sizeof(struct entry) + slot_size + 7) & ~(size_t)7;
}

size_t table_slot_cost(size_t slot_size)
{
    return stride_of(slot_size) + sizeof(struct holder) + 4 * sizeof(uint32_t);
}

/* calloc() of something large is zero pages: they cost memory once they are touched. */
static uint32_t *new_buckets(uint32_t count)
{
    return calloc(count, sizeof(uint32_t));
}

struct table *table_new(size_t slot_size, uint32_t capacity, table_release_function release,
                        void *context)
{
    struct table *table = calloc(1, sizeof(*table));
    uint32_t buckets = power_of_two(capacity);

    if (!table)
        return NULL;
    table->stride = stride_of(slot_size);
    table->capacity = capacity;
    table->free = table->holder_free = NONE;
    table->age = (struct list){NONE, NONE};
    for (unsigned i = 0; i < LEVELS; i++)
        table->levels[i] = (struct list){NONE, NONE};
    table->mask = buckets - 1;
    table->release = release;
    table->context = context;
    table->entries = calloc(capacity, table->stride);
    table->holders = calloc(capacity, sizeof(*table->holders));
    table->buckets = new_buckets(buckets);
    table->holder_buckets = new_buckets(buckets);
    if (!table->entries || !table->holders || !table->buckets || !table->holder_buckets) {
        table_free(table);
        return NULL;
    }
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    if (table->release && table->entries) {
        for (uint32_t i = table->age.head; i != NONE; i = entry_at(table, i)->younger)
            table->release(table->context, slot_of(entry_at(table, i)));
    }
    free(table->entries);
    free(table->holders);
    free(table->buckets);
    free(table->holder_buckets);
    free(table);
}

/* Buckets hold index + 1, so that zeroed memory is empty. */
static uint32_t bucket_first(const uint32_t *buckets, uint32_t at)
{
    return buckets[at] - 1;
}

static void *same_key(const struct table *table, uint32_t index, uint64_t key)
{
    for (; index != NONE; index = entry_at(table, index)->bucket_next) {
        struct entry *entry = entry_at(table, index);

        if (entry->key == key)
            return slot_of(entry);
    }
    return NULL;
}

void *table_find(const struct table *table, uint64_t key)
{
    return same_key(table, bucket_first(table->buckets, (uint32_t)key & table->mask), key);
}

void *table_find_next(const struct table *table, const void *slot)
{
    const struct entry *entry = entry_of(slot);

    return same_key(table, entry->bucket_next, entry->key);
}

void table_prefetch(const struct table *table, uint64_t key)
{
    __builtin_prefetch(&table->buckets[(uint32_t)key & table->mask]);
}

/* Levels: a holder stands in the list of the logarithm of its size. */

static unsigned level_of(uint32_t slots)
{
    return 31u - (unsigned)__builtin_clz(slots | 1);
}

static void level_append(struct table *table, uint32_t index, unsigned level)
{
    struct list *list = &table->levels[level];
    struct holder *holder = &table->holders[index];

    holder->level_previous = list->tail;
    holder->level_next = NONE;
    if (list->tail != NONE)
        table->holders[list->tail].level_next = index;
    else
        list->head = index;
    list->tail = index;
}

static void level_unlink(struct table *table, uint32_t index, unsigned level)
{
    struct list *list = &table->levels[level];
    const struct holder *holder = &table->holders[index];

    if (holder->level_previous != NONE)
        table->holders[holder->level_previous].level_next = holder->level_next;
    else
        list->head = holder->level_next;
    if (holder->level_next != NONE)
        table->holders[holder->level_next].level_previous = holder->level_previous;
    else
        list->tail = holder->level_previous;
}

static void holder_resize(struct table *table, uint32_t index, uint32_t slots)
{
    struct holder *holder = &table->holders[index];
    unsigned before = level_of(holder->slots), after = level_of(slots);

    holder->slots = slots;
    if (before == after)
        return;
    level_unlink(table, index, before);
    level_append(table, index, after);
}

static uint32_t holder_find_or_add(struct table *table, uint64_t key)
{
    uint32_t at = (uint32_t)key & table->mask;
    uint32_t index = bucket_first(table->holder_buckets, at);
    struct holder *holder;

    for (; index != NONE; index = table->holders[index].bucket_next)
        if (table->holders[index].key == key)
            return index;

    /* There is one: each holder has a slot, and a slot is free. */
    if (table->holder_free != NONE) {
        index = table->holder_free;
        table->holder_free = table->holders[index].bucket_next;
    } else {
        index = table->holder_fresh++;
    }
    holder = &table->holders[index];
    *holder = (struct holder){.key = key, .oldest = NONE, .youngest = NONE};
    holder->bucket_next = bucket_first(table->holder_buckets, at);
    table->holder_buckets[at] = index + 1;
    level_append(table, index, 0);
    return index;
}

static void holder_drop(struct table *table, uint32_t index)
{
    struct holder *holder = &table->holders[index];
    uint32_t at = (uint32_t)holder->key & table->mask;

    level_unlink(table, index, level_of(holder->slots));
    if (bucket_first(table->holder_buckets, at) == index) {
        table->holder_buckets[at] = holder->bucket_next + 1;
    } else {
        uint32_t i = bucket_first(table->holder_buckets, at);

        while (table->holders[i].bucket_next != index)
            i = table->holders[i].bucket_next;
        table->holders[i].bucket_next = holder->bucket_next;
    }
    holder->bucket_next = table->holder_free;
    table->holder_free = index;
}

/* The two lists an entry stands in: of its holder and of all, oldest first. */

static void holder_append(struct table *table, struct entry *entry, uint32_t index)
{
    struct holder *holder = &table->holders[entry->holder];

    entry->holder_older = holder->youngest;
    entry->holder_younger = NONE;
    if (holder->youngest != NONE)
        entry_at(table, holder->youngest)->holder_younger = index;
    else
        holder->oldest = index;
    holder->youngest = index;
}

static void holder_unlink(struct table *table, const struct entry *entry)
{
    struct holder *holder = &table->holders[entry->holder];

    if (entry->holder_older != NONE)
        entry_at(table, entry->holder_older)->holder_younger = entry->holder_younger;
    else
        holder->oldest = entry->holder_younger;
    if (entry->holder_younger != NONE)
        entry_at(table, entry->holder_younger)->holder_older = entry->holder_older;
    else
        holder->youngest = entry->holder_older;
}

static void age_append(struct table *table, struct entry *entry, uint32_t index)
{
    entry->older = table->age.tail;
    entry->younger = NONE;
    if (table->age.tail != NONE)
        entry_at(table, table->age.tail)->younger = index;
    else
        table->age.head = index;
    table->age.tail = index;
}

static void age_unlink(struct table *table, const struct entry *entry)
{
    if (entry->older != NONE)
        entry_at(table, entry->older)->younger = entry->younger;
    else
        table->age.head = entry->younger;
    if (entry->younger != NONE)
        entry_at(table, entry->younger)->older = entry->older;
    else
        table->age.tail = entry->older;
}

static void bucket_unlink(struct table *table, const struct entry *entry, uint32_t index)
{
    uint32_t at = (uint32_t)entry->key & table->mask;
    uint32_t i = bucket_first(table->buckets, at);

    if (i == index) {
        table->buckets[at] = entry->bucket_next + 1;
        return;
    }
    while (entry_at(table, i)->bucket_next != index)
        i = entry_at(table, i)->bucket_next;
    entry_at(table, i)->bucket_next = entry->bucket_next;
}

void table_remove(struct table *table, void *slot)
{
    struct entry *entry = entry_of(slot);
    uint32_t index = index_of(table, entry);
    uint32_t slots = table->holders[entry->holder].slots;

    if (table->release)
        table->release(table->context, slot);
    bucket_unlink(table, entry, index);
    age_unlink(table, entry);
    holder_unlink(table, entry);
    if (slots == 1)
        holder_drop(table, entry->holder);
    else
        holder_resize(table, entry->holder, slots - 1);
    entry->bucket_next = table->free;
    table->free = index;
    table->used--;
}

void table_evict(struct table *table)
{
    for (unsigned level = LEVELS; level-- > 0;) {
        uint32_t holder = table->levels[level].head;

        if (holder == NONE)
            continue;
        table->evicted++;
        table_remove(table, slot_of(entry_at(table, table->holders[holder].oldest)));
        return;
    }
}

void *table_add(struct table *table, uint64_t key, uint64_t holder)
{
    uint32_t at = (uint32_t)key & table->mask;
    uint32_t index;
    struct entry *entry;

    if (table->used == table->capacity)
        table_evict(table);
    if (table->free != NONE) {
        index = table->free;
        table->free = entry_at(table, index)->bucket_next;
    } else {
        index = table->fresh++;
    }
    assert(index < table->capacity);
    table->used++;
    entry = entry_at(table, index);
    memset(entry, 0, table->stride);
    entry->key = key;
    entry->bucket_next = bucket_first(table->buckets, at);
    table->buckets[at] = index + 1;
    entry->holder = holder_find_or_add(table, holder);
    holder_append(table, entry, index);
    holder_resize(table, entry->holder, table->holders[entry->holder].slots + 1);
    age_append(table, entry, index);
    return slot_of(entry);
}

void table_touch(struct table *table, void *slot)
{
    struct entry *entry = entry_of(slot);
    uint32_t index = index_of(table, entry);

    age_unlink(table, entry);
    age_append(table, entry, index);
    holder_unlink(table, entry);
    holder_append(table, entry, index);
}

void *table_oldest(const struct table *table)
{
    return table->age.head == NONE ? NULL : slot_of(entry_at(table, table->age.head));
}

void *table_younger(const struct table *table, const void *slot)
{
    uint32_t younger = entry_of(slot)->younger;

    return younger == NONE ? NULL : slot_of(entry_at(table, younger));
}

uint64_t table_key(const void *slot)
{
    return entry_of(slot)->key;
}

uint32_t table_used(const struct table *table)
{
    return table->used;
}

uint64_t table_evicted(const struct table *table)
{
    return table->evicted;
}
