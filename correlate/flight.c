#include "correlate/flight_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/join.h"
#include "correlate/memory.h"
#include "decode/rare.h"

#define LEAST_BUCKETS 64

_Static_assert(sizeof(struct flight) == 192, "a flight takes three lines of the cache");

/* For at least so many: a power of two less one. */
static uint32_t mask_for(uint32_t least)
{
    uint32_t count = LEAST_BUCKETS;

    while (count < least)
        count *= 2;
    return count - 1;
}

static uint32_t row_places(const struct flights *flights)
{
    return 2 * flights->capacity;
}

static RARE void drop_long_name(struct flights *flights, struct flight *flight)
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

/* By key */

static inline uint32_t *bucket_of(const struct flights *flights, uint64_t key)
{
    return &flights->buckets[key & flights->bucket_mask];
}

/* The first with this key in a chain, from `index` on. */
static inline struct flight *find_from(const struct flights *flights, uint32_t index, uint64_t key)
{
    while (index != NONE && flights->slots[index].key != key)
        index = flights->slots[index].next;
    return flight_at(flights, index);
}

struct flight *flights_find(const struct flights *flights, uint64_t key)
{
    return find_from(flights, *bucket_of(flights, key), key);
}

static void link_key(struct flights *flights, struct flight *flight, uint32_t index)
{
    uint32_t *bucket = bucket_of(flights, flight->key);

    flight->next = *bucket;
    *bucket = index;
}

static void unlink_key(struct flights *flights, const struct flight *flight, uint32_t index)
{
    uint32_t *link = bucket_of(flights, flight->key);

    while (*link != index)
        link = &flights->slots[*link].next;
    *link = flight->next;
}

void flights_set_buckets(struct flights *flights, uint32_t mask)
{
    flights->bucket_mask = mask;
    memset(flights->buckets, 0xff, ((size_t)mask + 1) * sizeof(*flights->buckets));
    for (uint32_t place = flights->row_begin; place < flights->row_end; place++) {
        uint32_t index = flights->row[place];

        if (index != NONE)
            link_key(flights, &flights->slots[index], index);
    }
}

/* By age */

/* Half of the places are free afterwards, so that this costs little for each flight. */
static RARE void move_together(struct flights *flights)
{
    uint32_t end = 0, looked = 0;

    for (uint32_t place = flights->row_begin; place < flights->row_end; place++) {
        uint32_t index = flights->row[place];

        if (index == NONE)
            continue;
        looked += place < flights->row_looked;
        flights->slots[index].place = end;
        flights->row[end++] = index;
    }
    flights->row_begin = 0;
    flights->row_end = end;
    flights->row_looked = looked;
}

static inline void row_append(struct flights *flights, struct flight *flight, uint32_t index)
{
    if (flights->row_end == row_places(flights))
        move_together(flights);
    flight->place = flights->row_end++;
    flights->row[flight->place] = index;
}

struct flight *flights_oldest(struct flights *flights)
{
    while (flights->row_begin < flights->row_end && flights->row[flights->row_begin] == NONE)
        flights->row_begin++;
    return flights->row_begin < flights->row_end ? &flights->slots[flights->row[flights->row_begin]]
                                                 : NULL;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
    uint32_t index = flights->row[flight->place];

    drop_name(flights, flight);
    unlink_key(flights, flight, index);
    flights->row[flight->place] = NONE;
    flight->next = flights->free;
    flights->free = index;
    flights->used--;
}

struct flights *flights_new(uint64_t memory_bytes)
{
    struct flights *flights = calloc(1, sizeof(*flights));
    uint64_t slot_bytes = sizeof(struct flight) + (BUCKETS_EACH + 2) * sizeof(uint32_t) +
                          sizeof(struct share) * 8 / 3;
    uint64_t capacity = memory_bytes / 8 * 7 / slot_bytes;

    if (!flights)
        return NULL;
    flights->capacity = capacity < 16 ? 16 : capacity > 1u << 28 ? 1u << 28 : (uint32_t)capacity;
    flights->long_limit_bytes = memory_bytes / 8;
    flights->bucket_mask_max = mask_for(BUCKETS_EACH / 2 * flights->capacity + 1);
    flights->share_mask = mask_for(flights->capacity / 3 * 4); /* three quarters in use at most */
    flights->free = NONE;
    flights->slots = memory_reserve(flights->capacity, sizeof(*flights->slots));
    flights->buckets =
        memory_reserve((size_t)flights->bucket_mask_max + 1, sizeof(*flights->buckets));
    flights->row = memory_reserve(row_places(flights), sizeof(*flights->row));
    flights->shares = memory_reserve((size_t)flights->share_mask + 1, sizeof(*flights->shares));
    if (!flights->slots || !flights->buckets || !flights->row || !flights->shares) {
        flights_free(flights);
        return NULL;
    }
    flights_set_buckets(flights, LEAST_BUCKETS - 1);
    return flights;
}

void flights_free(struct flights *flights)
{
    if (!flights)
        return;
    for (uint32_t place = flights->row_begin; place < flights->row_end; place++)
        if (flights->row[place] != NONE)
            drop_name(flights, &flights->slots[flights->row[place]]);
    memory_release(flights->slots, flights->capacity, sizeof(*flights->slots));
    memory_release(flights->buckets, (size_t)flights->bucket_mask_max + 1,
                   sizeof(*flights->buckets));
    memory_release(flights->row, row_places(flights), sizeof(*flights->row));
    memory_release(flights->shares, (size_t)flights->share_mask + 1, sizeof(*flights->shares));
    free(flights);
}

/* Queries and responses */

void flights_foresee(const struct flights *flights, uint64_t key, unsigned step)
{
    const uint32_t *bucket = bucket_of(flights, key);

    if (step == 0)
        __builtin_prefetch(bucket, 1);
    else /* computed: whether there is one is as good as random */
        __builtin_prefetch(&flights->slots[*bucket == NONE ? 0 : *bucket], 1);
}

static uint32_t take_slot(struct flights *flights)
{
    uint32_t index;

    if (flights->used >= flights->limit || flights->long_bytes > flights->long_limit_bytes)
        flights_find_room(flights);
    index = flights->free;
    if (index != NONE)
        flights->free = flights->slots[index].next;
    else
        index = flights->fresh++;
    assert(index < flights->capacity);
    flights->used++;
    return index;
}

static RARE void set_long_name(struct flights *flights, struct flight *flight,
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

/* All but what the packet was: a query or a response. */
static inline struct flight *add(struct flights *flights, const struct dns_message *message)
{
    uint32_t index = take_slot(flights);
    struct flight *flight = &flights->slots[index];

    flight->key = message->exchange_hash;
    flight->transport = (uint8_t)message->transport;
    flight->id = message->id;
    flight->response_ns = NEVER;
    flight->signals = 0;
    flight->responded = false;
    link_key(flights, flight, index);
    row_append(flights, flight, index);
    set_question(flights, flight, message);
    return flight;
}

static struct candidate look(const void *slot)
{
    const struct flight *flight = slot;

    return (struct candidate){.name_hash = flight->name_hash,
                              .query_ns = flight->query_ns,
                              .last_query_ns = flight->last_query_ns,
                              .response_ns = flight->response_ns,
                              .qtype = flight->qtype,
                              .qclass = flight->qclass,
                              .name_size = flight->name_size,
                              .responded = flight->responded};
}

static void *older(const void *table, const void *slot)
{
    const struct flight *flight = slot;

    return find_from(table, flight->next, flight->key);
}

static const struct joinable joinable = {look, older};

/* `newest` has the event's key. */
static RARE void make_room_for_key(struct flights *flights, struct flight *newest)
{
    struct flight *surplus = join_surplus(&joinable, flights, newest);

    if (surplus)
        flights_remove(flights, surplus);
}

struct flight *flights_add_unasked(struct flights *flights, const struct event *event)
{
    struct flight *newest = flights_find(flights, event->dns.exchange_hash), *flight;

    if (newest)
        make_room_for_key(flights, newest);
    flight = add(flights, &event->dns);
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

static void count_transmission(struct flight *flight, int64_t time_ns)
{
    flight->last_query_ns = time_ns;
    if (flight->transmissions < UINT8_MAX)
        flight->transmissions++;
}

struct flight *flights_query(struct flights *flights, const struct event *event)
{
    struct flight *newest = flights_find(flights, event->dns.exchange_hash);
    struct flight *flight = join_query(&joinable, flights, newest, event);

    if (flight && flight->query_ns != NEVER) {
        count_transmission(flight, event->time_ns);
        return flight;
    }
    if (!flight) {
        if (newest)
            make_room_for_key(flights, newest);
        flight = add(flights, &event->dns);
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

struct flight *flights_join(const struct flights *flights, const struct event *event)
{
    return join_response(&joinable, flights, flights_find(flights, event->dns.exchange_hash),
                         event);
}

static int64_t begin_of(const struct flight *flight)
{
    return flight->query_ns != NEVER ? flight->query_ns : flight->response_ns;
}

struct flight *flights_slow(struct flights *flights, int64_t before_ns)
{
    if (flights->row_looked < flights->row_begin)
        flights->row_looked = flights->row_begin;
    while (flights->row_looked < flights->row_end) {
        struct flight *flight = flight_at(flights, flights->row[flights->row_looked]);

        if (flight && begin_of(flight) >= before_ns)
            return NULL;
        flights->row_looked++;
        if (flight && !flight->responded)
            return flight;
    }
    return NULL;
}

struct flight *flights_expired(struct flights *flights, int64_t now_ns)
{
    struct flight *oldest = flights_oldest(flights);

    return oldest && exchange_is_over(begin_of(oldest), now_ns) ? oldest : NULL;
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
