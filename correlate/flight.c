#include "correlate/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/memory.h"
#include "correlate/tag_index.h"
#include "decode/hash_words.h"

#define NONE UINT32_MAX
/* When there is no room for one more, room is made for this share of all. */
#define SWEPT_SHARE 8

_Static_assert(sizeof(struct flight) == 192, "a flight takes three lines of the cache");

/* What a client holds, while room is made. */
struct share {
    uint32_t example; /* one of its flights, + 1; 0: empty */
    uint32_t count;
};

struct flights {
    struct flight *slots;
    struct tag_index index; /* the newest flight of each key */
    struct share *shares;
    uint32_t share_mask;
    uint32_t capacity, used;
    uint64_t limit; /* what may be in use before find_room() is to look for more */
    uint32_t fresh; /* slots at and above were never used */
    uint32_t free;  /* a chain, last freed first: it is still in the cache */
    uint32_t oldest, youngest;
    uint64_t long_bytes, long_limit_bytes; /* of names that do not fit in */
    uint64_t evicted;
};

/* Three quarters of the shares are in use at most. */
static uint32_t share_mask_for(uint32_t capacity)
{
    uint32_t shares = 64;

    while (shares / 4 * 3 < capacity)
        shares *= 2;
    return shares - 1;
}

struct flights *flights_new(uint64_t memory_bytes)
{
    struct flights *flights = calloc(1, sizeof(*flights));
    uint64_t slot_bytes = sizeof(struct flight) + TAG_ITEM_COST + sizeof(struct share) * 8 / 3;
    uint64_t capacity = memory_bytes / 8 * 7 / slot_bytes;

    if (!flights)
        return NULL;
    flights->capacity = capacity < 16 ? 16 : capacity > 1u << 28 ? 1u << 28 : (uint32_t)capacity;
    flights->long_limit_bytes = memory_bytes / 8;
    flights->share_mask = share_mask_for(flights->capacity);
    flights->free = flights->oldest = flights->youngest = NONE;
    flights->slots = memory_reserve(flights->capacity, sizeof(*flights->slots));
    flights->shares = memory_reserve((size_t)flights->share_mask + 1, sizeof(*flights->shares));
    if (tag_index_init(&flights->index) < 0 || !flights->slots || !flights->shares) {
        flights_free(flights);
        return NULL;
    }
    return flights;
}

static __attribute__((noinline)) void drop_long_name(struct flights *flights, struct flight *flight)
{
    flights->long_bytes -= flight->name_size;
    free(flight->long_name);
}

static void drop_name(struct flights *flights, struct flight *flight)
{
    if (flight->name_size > FLIGHT_NAME_INLINE)
        drop_long_name(flights, flight);
}

static struct flight *flight_at(const struct flights *flights, uint32_t index)
{
    return index == NONE ? NULL : &flights->slots[index];
}

void flights_free(struct flights *flights)
{
    if (!flights)
        return;
    for (struct flight *i = flights_oldest(flights); i; i = flight_at(flights, i->younger))
        drop_name(flights, i);
    memory_release(flights->slots, flights->capacity, sizeof(*flights->slots));
    memory_release(flights->shares, (size_t)flights->share_mask + 1, sizeof(*flights->shares));
    tag_index_clear(&flights->index);
    free(flights);
}

/* By key */

static uint32_t *newest_of(const struct flights *flights, uint64_t key)
{
    return tag_index_find(&flights->index, key, flights->slots, sizeof(*flights->slots));
}

struct flight *flights_find(const struct flights *flights, uint64_t key)
{
    const uint32_t *newest = newest_of(flights, key);

    return newest ? &flights->slots[*newest] : NULL;
}

static struct flight *older_of_key(const struct flights *flights, const struct flight *flight)
{
    return flight_at(flights, flight->next);
}

/* As the newest of its key. `first`: no other has it. */
static void link_key(struct flights *flights, struct flight *flight, bool first)
{
    uint32_t index = (uint32_t)(flight - flights->slots);
    uint32_t *newest = first ? NULL : newest_of(flights, flight->key);

    flight->next = newest ? *newest : NONE;
    if (newest)
        *newest = index;
    else
        tag_index_add(&flights->index, flight->key, index);
}

static __attribute__((noinline)) void
unlink_older(struct flights *flights, const struct flight *flight, struct flight *newest)
{
    struct flight *newer = newest;

    while (&flights->slots[newer->next] != flight)
        newer = &flights->slots[newer->next];
    newer->next = flight->next;
}

static void unlink_key(struct flights *flights, const struct flight *flight)
{
    uint32_t *newest = newest_of(flights, flight->key);

    if (&flights->slots[*newest] != flight)
        unlink_older(flights, flight, &flights->slots[*newest]);
    else if (flight->next != NONE)
        *newest = flight->next;
    else
        tag_index_remove(&flights->index, flight->key, newest);
}

static void age_unlink(struct flights *flights, const struct flight *flight)
{
    *(flight->older == NONE ? &flights->oldest : &flights->slots[flight->older].younger) =
        flight->younger;
    *(flight->younger == NONE ? &flights->youngest : &flights->slots[flight->younger].older) =
        flight->older;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
    drop_name(flights, flight);
    unlink_key(flights, flight);
    age_unlink(flights, flight);
    flight->used = false;
    flight->next = flights->free;
    flights->free = (uint32_t)(flight - flights->slots);
    flights->used--;
}

/* Making room */

static struct share *share_of(const struct flights *flights, const struct flight *flight)
{
    uint32_t mask = flights->share_mask;
    uint32_t at = (uint32_t)hash_address(&flight->asker) & mask;
    struct share *share = &flights->shares[at];

    while (share->example &&
           !address_equal(&flights->slots[share->example - 1].asker, &flight->asker)) {
        at = (at + 1) & mask;
        share = &flights->shares[at];
    }
    return share;
}

static void count_shares(struct flights *flights)
{
    memset(flights->shares, 0, ((size_t)flights->share_mask + 1) * sizeof(*flights->shares));
    for (uint32_t i = 0; i < flights->fresh; i++) {
        struct share *share;

        if (!flights->slots[i].used)
            continue;
        share = share_of(flights, &flights->slots[i]);
        if (share->count++ == 0)
            share->example = i + 1;
    }
}

/* What would be left if nobody held more than `most`. */
static uint64_t left_with(const struct flights *flights, uint32_t most)
{
    uint64_t left = 0;

    for (uint32_t i = 0; i <= flights->share_mask; i++)
        left += flights->shares[i].count < most ? flights->shares[i].count : most;
    return left;
}

/* The most that each may hold for no more than `target` to be left. */
static uint32_t fair_share(const struct flights *flights, uint32_t target)
{
    uint32_t low = 0, high = flights->used;

    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;

        if (left_with(flights, middle) <= target)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* By age, from those who hold more than their share. */
static void make_room(struct flights *flights)
{
    uint32_t target = flights->used - 1 - flights->used / SWEPT_SHARE, most, index;

    count_shares(flights);
    most = fair_share(flights, target);
    index = flights->oldest;
    while (flights->used > target && index != NONE) {
        struct flight *flight = &flights->slots[index];
        struct share *share = share_of(flights, flight);

        index = flight->younger;
        if (share->count <= most)
            continue;
        /* The example's address stays where it is until the slot is used again. */
        share->count--;
        flights->evicted++;
        flights_remove(flights, flight);
    }
}

/* Queries and responses */

void flights_foresee(const struct flights *flights, uint64_t key)
{
    tag_index_prefetch(&flights->index, key);
}

void flights_foresee_answer(const struct flights *flights, uint64_t key)
{
    const uint32_t *newest = tag_index_guess(&flights->index, key);

    if (newest)
        __builtin_prefetch(&flights->slots[*newest], 1);
}

/* For one more. */
static __attribute__((noinline)) void find_room(struct flights *flights)
{
    while (flights->used > 0 &&
           (flights->used == flights->capacity || flights->long_bytes > flights->long_limit_bytes ||
            tag_index_reserve(&flights->index, flights->slots, sizeof(*flights->slots)) < 0))
        make_room(flights);
    flights->limit = tag_index_room(&flights->index);
    if (flights->limit > flights->capacity)
        flights->limit = flights->capacity;
}

static uint32_t take_slot(struct flights *flights)
{
    uint32_t index;

    if (flights->used >= flights->limit || flights->long_bytes > flights->long_limit_bytes)
        find_room(flights);
    index = flights->free;
    if (index != NONE)
        flights->free = flights->slots[index].next;
    else
        index = flights->fresh++;
    assert(index < flights->capacity);
    flights->used++;
    return index;
}

static __attribute__((noinline)) void set_long_name(struct flights *flights, struct flight *flight,
                                                    const struct name *name)
{
    flight->long_name = malloc(name->size_bytes);
    if (!flight->long_name) {
        flight->name_size = 0;
        return;
    }
    flights->long_bytes += name->size_bytes;
    memcpy(flight->long_name, name->bytes, name->size_bytes);
}

static inline void set_question(struct flights *flights, struct flight *flight,
                                const struct dns_message *message)
{
    flight->name_hash = message->qname_hash;
    flight->qtype = message->qtype;
    flight->qclass = message->qclass;
    flight->name_size = message->qname.size_bytes;
    if (message->qname.size_bytes <= FLIGHT_NAME_INLINE)
        /* Always as much: that takes less than to copy what there is. */
        memcpy(flight->inline_name, message->qname.bytes, FLIGHT_NAME_INLINE);
    else
        set_long_name(flights, flight, &message->qname);
}

static inline void age_append(struct flights *flights, struct flight *flight, uint32_t index)
{
    flight->older = flights->youngest;
    flight->younger = NONE;
    *(flights->youngest == NONE ? &flights->oldest : &flights->slots[flights->youngest].younger) =
        index;
    flights->youngest = index;
}

/* All but what the packet was: a query or a response. `first`: no other flight has the key. */
static inline struct flight *add(struct flights *flights, const struct dns_message *message,
                                 bool first)
{
    uint32_t index = take_slot(flights);
    struct flight *flight = &flights->slots[index];

    flight->key = message->exchange_hash;
    flight->transport = (uint8_t)message->transport;
    flight->id = message->id;
    flight->response_ns = NEVER;
    flight->signals = 0;
    flight->responded = false;
    flight->used = true;
    link_key(flights, flight, first);
    age_append(flights, flight, index);
    set_question(flights, flight, message);
    return flight;
}

struct flight *flights_add_unasked(struct flights *flights, const struct event *event)
{
    bool first = !newest_of(flights, event->dns.exchange_hash);
    struct flight *flight = add(flights, &event->dns, first);

    flight->asker = event->flow.destination;
    flight->server = event->flow.source;
    flight->asker_port = event->flow.destination_port;
    flight->query_ns = flight->last_query_ns = NEVER;
    flight->query_frame = 0;
    flight->query_source = 0;
    flight->query_flags = 0;
    flight->transmissions = 0;
    return flight;
}

static bool same_question(const struct flight *flight, const struct dns_message *message)
{
    return flight->name_hash == message->qname_hash && flight->qtype == message->qtype &&
           flight->qclass == message->qclass && flight->name_size == message->qname.size_bytes;
}

static void count_transmission(struct flight *flight, int64_t time_ns)
{
    flight->last_query_ns = time_ns;
    if (flight->transmissions < UINT8_MAX)
        flight->transmissions++;
}

/* What the query is a retransmission of, or came before it in the capture, its answer; NULL: it is
 * new, and there is room for it among those with its key. */
static __attribute__((noinline)) struct flight *
join_query(struct flights *flights, struct flight *newest, const struct event *event)
{
    struct flight *last = NULL;
    unsigned walked = 0;

    for (struct flight *i = newest; i; i = older_of_key(flights, i), walked++) {
        last = i;
        if (!same_question(i, &event->dns))
            continue;
        if (exchange_is_joined(i->query_ns, i->last_query_ns, i->response_ns, i->responded,
                               event->time_ns))
            return i;
    }
    if (walked >= SAME_KEY_MAX)
        flights_remove(flights, last);
    return NULL;
}

struct flight *flights_query(struct flights *flights, const struct event *event)
{
    struct flight *newest = flights_find(flights, event->dns.exchange_hash);
    struct flight *flight = newest ? join_query(flights, newest, event) : NULL;

    if (flight && flight->query_ns != NEVER) {
        count_transmission(flight, event->time_ns);
        return flight;
    }
    if (!flight) {
        flight = add(flights, &event->dns, !newest);
        flight->asker = event->flow.source;
        flight->server = event->flow.destination;
        flight->asker_port = event->flow.source_port;
    }
    flight->query_ns = flight->last_query_ns = event->time_ns;
    flight->query_flags = event->dns.flags;
    flight->query_frame = event->frame;
    flight->query_source = event->source;
    flight->transmissions = 1;
    return flight;
}

struct flight *flights_join(const struct flights *flights, struct flight *newest,
                            const struct event *event)
{
    struct flight *open = NULL, *answered = NULL;

    for (struct flight *i = newest; i; i = older_of_key(flights, i)) {
        /* Without a question (some REFUSED and FORMERR) the key must do. */
        if (!same_question(i, &event->dns) && event->dns.qname.size_bytes)
            continue;
        if (!i->responded)
            open = i;
        else if (!answered)
            answered = i;
    }
    return open ? open : answered;
}

struct flight *flights_oldest(const struct flights *flights)
{
    return flight_at(flights, flights->oldest);
}

struct flight *flights_expired(const struct flights *flights, int64_t now_ns)
{
    struct flight *oldest = flights_oldest(flights);

    return oldest && exchange_is_over(
                         oldest->query_ns != NEVER ? oldest->query_ns : oldest->response_ns, now_ns)
               ? oldest
               : NULL;
}

void flight_expand(const struct flight *flight, struct exchange *exchange)
{
    *exchange = (struct exchange){
        .query_ns = flight->query_ns,
        .last_query_ns = flight->last_query_ns,
        .response_ns = flight->response_ns,
        .name_hash = flight->name_hash,
        .query_frame = flight->query_frame,
        .asker = flight->asker,
        .server = flight->server,
        .query_source = flight->query_source,
        .asker_port = flight->asker_port,
        .id = flight->id,
        .qtype = flight->qtype,
        .qclass = flight->qclass,
        .query_flags = flight->query_flags,
        .transport = flight->transport,
        .transmissions = flight->transmissions,
        .signals = flight->signals,
        .name_size = flight->name_size,
        .responded = flight->responded,
    };
    if (flight->name_size > FLIGHT_NAME_INLINE)
        exchange->long_name = flight->long_name;
    else if (flight->name_size > NAME_INLINE)
        exchange->long_name = (uint8_t *)(uintptr_t)flight->inline_name;
    else
        memcpy(exchange->inline_name, flight->inline_name, flight->name_size);
}

void flights_count(const struct flights *flights, struct table_fill *fill)
{
    fill->used += flights->used;
    fill->capacity += flights->capacity;
    fill->evicted += flights->evicted;
}
