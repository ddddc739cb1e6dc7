#include "correlate/table_private.h"

/* Holders below this level, which have less than eight slots, are not told apart by their size: in
 * a small table only those that have one. */
#define LEVEL_LARGE       3
#define LEVEL_LARGE_SMALL 1

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

int holders_reserve(struct table *table)
{
    return tag_index_reserve(&table->by_holder, table->holders, sizeof(*table->holders));
}

static uint32_t *holder_find(const struct table *table, uint64_t key)
{
    return tag_index_find(&table->by_holder, key, table->holders, sizeof(*table->holders));
}

static uint32_t holder_find_or_add(struct table *table, uint64_t key)
{
    const uint32_t *found = holder_find(table, key);
    struct holder *holder;
    uint32_t index;

    if (found)
        return *found;
    /* There is one: each holder has a slot, and a slot is free. */
    if (table->holder_free != NONE) {
        index = table->holder_free;
        table->holder_free = table->holders[index].free_next;
    } else {
        index = table->holder_fresh++;
    }
    holder = &table->holders[index];
    *holder = (struct holder){.key = key, .oldest = NONE, .youngest = NONE};
    tag_index_add(&table->by_holder, key, index);
    level_append(table, index, 0);
    return index;
}

static void holder_drop(struct table *table, uint32_t index)
{
    struct holder *holder = &table->holders[index];

    level_unlink(table, index, level_of(holder->slots));
    tag_index_remove(&table->by_holder, holder->key, holder_find(table, holder->key));
    holder->free_next = table->holder_free;
    table->holder_free = index;
}

/* Its entries, oldest first. */

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

void holders_join(struct table *table, struct entry *entry, uint32_t index)
{
    if (table->tell_holder)
        entry->holder_key = table->tell_holder(slot_of(entry));
    entry->holder = holder_find_or_add(table, entry->holder_key);
    holder_append(table, entry, index);
    holder_resize(table, entry->holder, table->holders[entry->holder].slots + 1);
}

void holders_leave(struct table *table, struct entry *entry)
{
    uint32_t slots = table->holders[entry->holder].slots;
    uint64_t key = table->holders[entry->holder].key;

    holder_unlink(table, entry);
    if (slots == 1)
        holder_drop(table, entry->holder);
    else
        holder_resize(table, entry->holder, slots - 1);
    entry->holder = NONE;
    entry->holder_key = key;
}

uint32_t holders_oldest_of_largest(const struct table *table)
{
    unsigned least = table->capacity < SMALL ? LEVEL_LARGE_SMALL : LEVEL_LARGE;

    for (unsigned level = LEVELS; level-- > least;)
        if (table->levels[level].head != NONE)
            return table->holders[table->levels[level].head].oldest;
    return NONE;
}
