/* A bounded table of fixed slots, found by a 64-bit key, that is fair when it is full: every slot
 * belongs to a holder (a zone, a server, a client), and the holder with the most slots loses its
 * oldest, so that a flood pushes out itself and not everybody else's evidence. Who holds a few is
 * as small as who holds one: where nobody holds more (a flood of as many holders as slots), the
 * oldest of all goes. In a large table the youngest quarter is not counted yet: whom a slot belongs
 * to is often known a little later.
 *
 * Keys and holders are keyed hashes: equal keys mean equal things (strangers cannot make them
 * collide), and neither the order of hashes nor of buckets reaches the outside or decides what
 * goes. Memory is reserved once and touched as slots come into use. */
#ifndef CORRELATE_TABLE_H
#define CORRELATE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

/* Called with a slot that is about to go, for whatever reason, to release what it owns. */
typedef void (*table_release_function)(void *context, void *slot);

/* Slots of `slot_size` bytes, at most `capacity` (> 0, < 2^31) of them. `release` may be NULL.
 * NULL: out of memory. */
struct table *table_new(size_t slot_size, uint32_t capacity, table_release_function release,
                        void *context);
void table_free(struct table *table); /* NULL is fine; releases all slots */

/* Whose a slot is. */
typedef uint64_t (*table_holder_function)(const void *slot);
/* Holders are told by this function, not when slots are added: of a slot that goes again before
 * anybody wants to know it, nobody asks. */
void table_tell_holders(struct table *table, table_holder_function holder);

/* Bytes that a slot costs in all, for dividing memory. */
size_t table_slot_cost(size_t slot_size);

/* The newest slot with this key, or NULL. Slots do not move while they live. */
void *table_find(const struct table *table, uint64_t key);
/* The next older slot with the key of `slot`, or NULL. */
void *table_find_next(const struct table *table, const void *slot);

/* A new slot, zeroed, the youngest of all. Never fails: when there is no room the holder with most
 * slots loses its oldest, which is counted as evicted. */
void *table_add(struct table *table, uint64_t key, uint64_t holder);
/* The same for who knows that no slot has this key. */
void *table_add_first(struct table *table, uint64_t key, uint64_t holder);
void table_remove(struct table *table, void *slot);
/* Takes the oldest of the largest holder away, counted. Does nothing when empty. */
void table_evict(struct table *table);
/* The one that would go; NULL when empty. */
void *table_victim(struct table *table);
/* Had the last one to go although nobody held many? Then what is as old as that is next. */
bool table_is_crowded(const struct table *table);
/* Makes it the youngest: of its holder and of all. */
void table_touch(struct table *table, void *slot);

/* Makes it another holder's, whose youngest it is from now on. Out of memory: it stays. */
void table_move(struct table *table, void *slot, uint64_t holder);

/* By age: the oldest, and the next younger one; NULL at the end. */
void *table_oldest(const struct table *table);
void *table_younger(const struct table *table, const void *slot);

/* A slot's number stays its own as long as it is used: slots lie table_stride() bytes apart. */
uint32_t table_slot_number(const struct table *table, const void *slot);
void *table_slot(const struct table *table, uint32_t number);
size_t table_stride(const struct table *table);

uint64_t table_key(const void *slot);
uint32_t table_used(const struct table *table);
/* Does the next one that is added push another out? */
bool table_is_full(const struct table *table);
uint64_t table_evicted(const struct table *table);

/* How full a table is, and what it lost. */
struct table_fill {
    uint64_t used, capacity, evicted;
};

/* Adds the table's own to what stands there. */
void table_count(const struct table *table, struct table_fill *fill);

/* Asks the processor to fetch what the look-up of a key will need: first the bucket, then, when
 * that is there, the slot (its first `size` bytes). */
void table_prefetch_bucket(const struct table *table, uint64_t key);
void table_prefetch_slot(const struct table *table, uint64_t key, size_t size);

#endif
