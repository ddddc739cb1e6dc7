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

static void drop_name(struct flights *flights, struct flight *flight)
{
    if (flight->name_size <= FLIGHT_NAME_INLINE)
        return;
    flights->long_bytes -= flight->name_size;
    free(flight->long_name);
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

static void unlink_key(struct flights *flights, const struct flight *flight)
{
    uint32_t *newest = newest_of(flights, flight->key);
    struct flight *newer = &flights->slots[*newest];

    if (newer == flight) {
        if (flight->next == NONE)
            tag_index_remove(&flights->index, flight->key, newest);
        else
            *newest = flight->next;
        return;
    }
    while (&flights->slots[newer->next] != flight)
        newer = &flights->slots[newer->next];
    newer->next = flight->next;
}

void flights_remove(struct flights *flights, struct flight *flight)
{
    drop_name(flights, flight);
    unlink_key(flights, flight);
    *(flight->older == NONE ? &flights->oldest : &flights->slots[flight->older].younger) =
        flight->younger;
    *(flight->younger == NONE ? &flights->youngest : &flights->slots[flight->younger].older) =
        flight->older;
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

void flights_foresee(const struct flights *flights, const struct event *event, unsigned step)
{
    uint64_t key = event->dns.exchange_hash;
    const uint32_t *newest;

    if (step == 0) {
        tag_index_prefetch(&flights->index, key);
    } else if (event->dns.flags & DNS_QR) {
        newest = tag_index_guess(&flights->index, key);
        if (newest)
            __builtin_prefetch(&flights->slots[*newest], 1);
    }
}

static uint32_t take_slot(struct flights *flights)
{
    uint32_t index;

    while (flights->used > 0 &&
           (flights->used == flights->capacity || flights->long_bytes > flights->long_limit_bytes ||
            tag_index_reserve(&flights->index, flights->slots, sizeof(*flights->slots)) < 0))
        make_room(flights);
    index = flights->free;
    if (index != NONE)
        flights->free = flights->slots[index].next;
    else
        index = flights->fresh++;
    assert(index < flights->capacity);
    flights->used++;
    return index;
}

static void set_name(struct flights *flights, struct flight *flight,
                     const struct dns_message *message)
{
    uint8_t size = message->qname.size_bytes;

    flight->name_hash = message->qname_hash;
    flight->qtype = message->qtype;
    flight->qclass = message->qclass;
    flight->name_size = size;
    if (size <= FLIGHT_NAME_INLINE) {
        /* Always as much: that takes less than to copy what there is. */
        memcpy(flight->inline_name, message->qname.bytes, FLIGHT_NAME_INLINE);
        return;
    }
    flight->long_name = malloc(size);
    if (!flight->long_name) {
        flight->name_size = 0;
        return;
    }
    flights->long_bytes += size;
    memcpy(flight->long_name, message->qname.bytes, size);
}

static struct flight *add(struct flights *flights, const struct event *event, bool first)
{
    const struct flow *flow = &event->flow;
    const struct dns_message *message = &event->dns;
    bool is_response = message->flags & DNS_QR;
    uint32_t index = take_slot(flights);
    struct flight *flight = &flights->slots[index];

    flight->key = message->exchange_hash;
    link_key(flights, flight, first);
    flight->older = flights->youngest;
    flight->younger = NONE;
    *(flights->youngest == NONE ? &flights->oldest : &flights->slots[flights->youngest].younger) =
        index;
    flights->youngest = index;

    flight->asker = is_response ? flow->destination : flow->source;
    flight->server = is_response ? flow->source : flow->destination;
    flight->asker_port = is_response ? flow->destination_port : flow->source_port;
    flight->transport = (uint8_t)message->transport;
    flight->id = message->id;
    flight->query_ns = flight->last_query_ns = flight->response_ns = NEVER;
    flight->query_frame = 0;
    flight->query_source = 0;
    flight->query_flags = 0;
    flight->transmissions = flight->signals = 0;
    flight->responded = false;
    flight->used = true;
    set_name(flights, flight, message);
    return flight;
}

struct flight *flights_add_unasked(struct flights *flights, const struct event *event)
{
    return add(flights, event, !newest_of(flights, event->dns.exchange_hash));
}

static bool same_question(const struct flight *flight, const struct dns_message *message)
{
    return flight->name_hash == message->qname_hash && flight->qtype == message->qtype &&
           flight->qclass == message->qclass && flight->name_size == message->qname.size_bytes;
}

struct flight *flights_query(struct flights *flights, const struct event *event)
{
    struct flight *flight = flights_find(flights, event->dns.exchange_hash), *last = NULL;
    unsigned walked = 0;

    for (; flight; flight = older_of_key(flights, flight), walked++) {
        last = flight;
        if (!same_question(flight, &event->dns))
            continue;
        if (flight->query_ns == NEVER && event->time_ns - flight->response_ns <= QUERY_TIE_NS)
            break;
        if (flight->query_ns != NEVER && !flight->responded &&
            event->time_ns - flight->last_query_ns <= RETRANSMISSION_NS) {
            flight->last_query_ns = event->time_ns;
            if (flight->transmissions < UINT8_MAX)
                flight->transmissions++;
            return flight;
        }
    }
    if (!flight && walked >= SAME_KEY_MAX)
        flights_remove(flights, last);
    if (!flight)
        flight = add(flights, event, walked == 0);
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
