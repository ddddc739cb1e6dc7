#include "correlate/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/memory.h"
#include "correlate/table_private.h"

static uint32_t index_of(const struct table *table, const struct entry *entry)
{
    uint64_t offset = (uint64_t)((const uint8_t *)entry - table->entries);

    return (uint32_t)((offset >> table->stride_zeros) * table->stride_inverse);
}

/* Large slots begin with a line of the cache, for as few as can be to be touched. */
static size_t stride_of(size_t slot_size)
{
    size_t size = sizeof(struct entry) + slot_size;
    size_t unit = size < 3 * CACHE_LINE ? sizeof(uint64_t) : CACHE_LINE;

    return (size + unit - 1) / unit * unit;
}

/* Of an odd number modulo 2^64, by Newton's method: each step doubles the bits that are right. */
static uint64_t inverse_of(uint64_t odd)
{
    uint64_t inverse = odd; /* right for three bits */

    for (unsigned bits = 3; bits < 64; bits *= 2)
        inverse *= 2 - odd * inverse;
    return inverse;
}

size_t table_slot_cost(size_t slot_size)
{
    return stride_of(slot_size) + sizeof(struct holder) + 2 * TAG_ITEM_COST;
}

struct table *table_new(size_t slot_size, uint32_t capacity, table_release_function release,
                        void *context)
{
    struct table *table = calloc(1, sizeof(*table));

    if (!table)
        return NULL;
    table->stride = stride_of(slot_size);
    table->stride_zeros = (unsigned)__builtin_ctzl(table->stride);
    table->stride_inverse = inverse_of(table->stride >> table->stride_zeros);
    table->capacity = capacity;
    table->free = table->holder_free = NONE;
    table->age = (struct list){NONE, NONE};
    table->unsettled = NONE;
    for (unsigned i = 0; i < LEVELS; i++)
        table->levels[i] = (struct list){NONE, NONE};
    table->release = release;
    table->context = context;
    table->entries = memory_reserve(capacity, table->stride);
    table->holders = memory_reserve(capacity, sizeof(*table->holders));
    if (tag_index_init(&table->by_key) < 0 || tag_index_init(&table->by_holder) < 0 ||
        !table->entries || !table->holders) {
        table_free(table);
        return NULL;
    }
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    table->crowded = false; /* nothing goes for want of room any more */
    if (table->release && table->entries) {
        for (uint32_t i = table->age.head; i != NONE; i = entry_at(table, i)->younger)
            table->release(table->context, slot_of(entry_at(table, i)));
    }
    memory_release(table->entries, table->capacity, table->stride);
    memory_release(table->holders, table->capacity, sizeof(*table->holders));
    tag_index_clear(&table->by_key);
    tag_index_clear(&table->by_holder);
    free(table);
}

/* Where the number of the key's newest entry stands; NULL: it has none. */
static inline uint32_t *newest_of(const struct table *table, uint64_t key)
{
    return tag_index_find(&table->by_key, key, table->entries, table->stride);
}

void table_tell_holders(struct table *table, table_holder_function holder)
{
    table->tell_holder = holder;
}

void *table_find(const struct table *table, uint64_t key)
{
    const uint32_t *newest = newest_of(table, key);

    return newest ? slot_of(entry_at(table, *newest)) : NULL;
}

void *table_find_next(const struct table *table, const void *slot)
{
    uint32_t next = entry_of(slot)->same_key_next;

    return next == NONE ? NULL : slot_of(entry_at(table, next));
}

void table_prefetch_bucket(const struct table *table, uint64_t key)
{
    tag_index_prefetch(&table->by_key, key);
}

void table_prefetch_slot(const struct table *table, uint64_t key, size_t size)
{
    const uint32_t *newest = tag_index_guess(&table->by_key, key);
    const uint8_t *entry;

    if (!newest)
        return;
    entry = (const uint8_t *)entry_at(table, *newest);
    for (size_t offset = 0; offset < sizeof(struct entry) + size; offset += CACHE_LINE)
        __builtin_prefetch(entry + offset, 1);
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

static void key_unlink(struct table *table, const struct entry *entry, uint32_t index)
{
    uint32_t *newest = newest_of(table, entry->key);
    struct entry *newer;

    if (*newest == index) {
        if (entry->same_key_next == NONE)
            tag_index_remove(&table->by_key, entry->key, newest);
        else
            *newest = entry->same_key_next;
        return;
    }
    newer = entry_at(table, *newest);
    while (newer->same_key_next != index)
        newer = entry_at(table, newer->same_key_next);
    newer->same_key_next = entry->same_key_next;
}

static void key_link_first(struct table *table, struct entry *entry, uint32_t index)
{
    entry->same_key_next = NONE;
    tag_index_add(&table->by_key, entry->key, index);
}

static void key_link(struct table *table, struct entry *entry, uint32_t index)
{
    uint32_t *newest = newest_of(table, entry->key);

    if (newest) {
        entry->same_key_next = *newest;
        *newest = index;
        return;
    }
    key_link_first(table, entry, index);
}

/* A flood that began a moment ago, in so small a part, counts soon enough. */
static uint32_t unsettled_most(const struct table *table)
{
    return table->capacity < SMALL ? 0 : table->used / 4;
}

static void settle(struct table *table)
{
    uint32_t most = unsettled_most(table);

    while (table->unsettled_count > most && holders_reserve(table) == 0) {
        struct entry *entry = entry_at(table, table->unsettled);

        holders_join(table, entry, table->unsettled);
        table->unsettled = entry->younger;
        table->unsettled_count--;
        if (entry->younger != NONE)
            __builtin_prefetch(entry_at(table, entry->younger), 1);
    }
}

/* Takes the entry out of its holder, or from among those that have none yet. */
static void unsettle(struct table *table, struct entry *entry, uint32_t index)
{
    if (entry->holder != NONE) {
        holders_leave(table, entry);
        return;
    }
    if (table->unsettled == index)
        table->unsettled = entry->younger;
    table->unsettled_count--;
}

static void append(struct table *table, struct entry *entry, uint32_t index)
{
    age_append(table, entry, index);
    if (table->unsettled == NONE)
        table->unsettled = index;
    table->unsettled_count++;
}

void table_remove(struct table *table, void *slot)
{
    struct entry *entry = entry_of(slot);
    uint32_t index = index_of(table, entry);

    if (table->release)
        table->release(table->context, slot);
    key_unlink(table, entry, index);
    unsettle(table, entry, index);
    age_unlink(table, entry);
    entry->same_key_next = table->free;
    table->free = index;
    table->used--;
}

/* NONE: there is no entry. */
static uint32_t find_victim(const struct table *table)
{
    uint32_t largest = holders_oldest_of_largest(table);

    return largest != NONE ? largest : table->age.head;
}

static void prefetch_entry(const struct table *table, uint32_t index)
{
    const uint8_t *entry;

    if (index == NONE)
        return;
    entry = (const uint8_t *)entry_at(table, index);
    for (size_t offset = 0; offset < table->stride; offset += CACHE_LINE)
        __builtin_prefetch(entry + offset, 1);
}

/* Who goes next is long out of the cache: the next but one is fetched, and of the next one, which
 * was fetched before, what finds it. */
static void foresee_victims(const struct table *table)
{
    uint32_t next = find_victim(table);
    const struct entry *entry;

    if (next == NONE)
        return;
    entry = entry_at(table, next);
    tag_index_prefetch(&table->by_key, entry->key);
    if (entry->holder != NONE)
        prefetch_entry(table, entry->holder_younger);
}

void table_evict(struct table *table)
{
    uint32_t victim;

    settle(table);
    victim = find_victim(table);
    if (victim == NONE)
        return;
    table->evicted++;
    table->crowded = holders_oldest_of_largest(table) == NONE;
    table_remove(table, slot_of(entry_at(table, victim)));
    foresee_victims(table);
}

void *table_victim(struct table *table)
{
    uint32_t victim;

    settle(table);
    victim = find_victim(table);
    return victim == NONE ? NULL : slot_of(entry_at(table, victim));
}

bool table_is_crowded(const struct table *table)
{
    return table->crowded;
}

/* The index of an entry that nobody uses. */
static uint32_t take_entry(struct table *table)
{
    uint32_t index;

    if (table->used == table->capacity ||
        tag_index_reserve(&table->by_key, table->entries, table->stride) < 0)
        table_evict(table);
    index = table->free;
    if (index != NONE)
        table->free = entry_at(table, index)->same_key_next;
    else
        index = table->fresh++;
    assert(index < table->capacity);
    table->used++;
    return index;
}

static inline void *add(struct table *table, uint64_t key, uint64_t holder, bool first)
{
    uint32_t index = take_entry(table);
    struct entry *entry = entry_at(table, index);

    memset(entry, 0, table->stride);
    entry->key = key;
    entry->holder = NONE;
    entry->holder_key = holder;
    if (first)
        key_link_first(table, entry, index);
    else
        key_link(table, entry, index);
    append(table, entry, index);
    return slot_of(entry);
}

void *table_add(struct table *table, uint64_t key, uint64_t holder)
{
    return add(table, key, holder, false);
}

void *table_add_first(struct table *table, uint64_t key, uint64_t holder)
{
    return add(table, key, holder, true);
}

void table_touch(struct table *table, void *slot)
{
    struct entry *entry = entry_of(slot);
    uint32_t index = index_of(table, entry);

    if (entry->younger == NONE)
        return;
    unsettle(table, entry, index);
    age_unlink(table, entry);
    append(table, entry, index);
}

void table_move(struct table *table, void *slot, uint64_t holder)
{
    struct entry *entry = entry_of(slot);

    if (entry->holder == NONE) {
        entry->holder_key = holder;
    } else if (holders_reserve(table) == 0) {
        holders_leave(table, entry);
        entry->holder_key = holder;
        holders_join(table, entry, index_of(table, entry));
    }
}

uint32_t table_slot_number(const struct table *table, const void *slot)
{
    return index_of(table, entry_of(slot));
}

void *table_slot(const struct table *table, uint32_t number)
{
    return slot_of(entry_at(table, number));
}

size_t table_stride(const struct table *table)
{
    return table->stride;
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

bool table_is_full(const struct table *table)
{
    return table->used == table->capacity;
}

uint64_t table_evicted(const struct table *table)
{
    return table->evicted;
}

void table_count(const struct table *table, struct table_fill *fill)
{
    fill->used += table->used;
    fill->capacity += table->capacity;
    fill->evicted += table->evicted;
}
