#include "correlate/minutes.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/exchange.h"
#include "correlate/memory.h"
#include "decode/hash_words.h"

/* What comes all at once, when the minutes of all servers are complete, is let in beyond what may
 * wait. */
#define PARTS_MAX (1u << 20)

/* struct minute_counters in half the room. */
struct part {
    int64_t minute_ns;
    struct address server;
    uint32_t source;
    bool is_resolver;
    uint32_t queries, responses, unanswered;
    uint32_t rcodes[16];
    uint32_t latency[LATENCY_BUCKETS];
};

struct minutes {
    struct part *parts;
    size_t count, next, capacity;
    size_t waiting_max;
    size_t due; /* the first so many are being handed out, the others wait */
    uint64_t lost;
    struct minute_counters handed_out;
    /* Where the parts stand, by hash: index + 1, or 0. At most half of the places are used. */
    uint32_t *places;
    size_t place_count; /* a power of two */
};

struct minutes *minutes_new(uint64_t memory_bytes)
{
    struct minutes *minutes = calloc(1, sizeof(*minutes));

    if (!minutes)
        return NULL;
    minutes->waiting_max = memory_bytes / (sizeof(struct part) + 4 * sizeof(uint32_t)) + 1;
    minutes->place_count = 1;
    while (minutes->place_count < 2 * minutes->waiting_max)
        minutes->place_count *= 2;
    minutes->places = memory_reserve(minutes->place_count, sizeof(*minutes->places));
    if (!minutes->places) {
        minutes_free(minutes);
        return NULL;
    }
    return minutes;
}

void minutes_free(struct minutes *minutes)
{
    if (!minutes)
        return;
    memory_release(minutes->places, minutes->place_count, sizeof(*minutes->places));
    free(minutes->parts);
    free(minutes);
}

static bool is_same(const struct part *part, const struct part *other)
{
    return part->minute_ns == other->minute_ns && part->source == other->source &&
           part->is_resolver == other->is_resolver && address_equal(&part->server, &other->server);
}

/* The place of the part that is of the same, or an empty one; NULL: all are taken that may be. */
static uint32_t *place_of(const struct minutes *minutes, const struct part *part)
{
    uint64_t hash = hash_address(&part->server) ^ (uint64_t)part->minute_ns ^ part->source;
    uint32_t *place;

    for (size_t at = hash;; at++) {
        place = &minutes->places[at & (minutes->place_count - 1)];
        if (!*place)
            return minutes->count < minutes->waiting_max ? place : NULL;
        if (is_same(&minutes->parts[*place - 1], part))
            return place;
    }
}

static void add_up(uint32_t *sums, const uint64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] += (uint32_t)counts[i];
}

static void add(struct part *part, const struct minute_counters *minute)
{
    part->queries += (uint32_t)minute->queries;
    part->responses += (uint32_t)minute->responses;
    part->unanswered += (uint32_t)minute->unanswered;
    add_up(part->rcodes, minute->rcodes, sizeof(part->rcodes) / sizeof(part->rcodes[0]));
    add_up(part->latency, minute->latency, LATENCY_BUCKETS);
}

static struct part *append(struct minutes *minutes)
{
    size_t capacity = minutes->capacity ? 2 * minutes->capacity : 64;
    struct part *grown;

    if (minutes->count == minutes->capacity) {
        grown = capacity > PARTS_MAX ? NULL : realloc(minutes->parts, capacity * sizeof(*grown));
        if (!grown)
            return NULL;
        minutes->parts = grown;
        minutes->capacity = capacity;
    }
    return &minutes->parts[minutes->count++];
}

void minutes_add(struct minutes *minutes, const struct minute_counters *minute)
{
    const struct part empty = {.minute_ns = minute->minute_ns,
                               .server = minute->server,
                               .source = minute->source,
                               .is_resolver = minute->is_resolver};
    uint32_t *place = minutes->due > 0 ? NULL : place_of(minutes, &empty);
    struct part *part;

    if (place && *place) {
        add(&minutes->parts[*place - 1], minute);
        return;
    }
    part = append(minutes);
    if (!part) {
        minutes->lost++;
        return;
    }
    *part = empty;
    add(part, minute);
    if (place)
        *place = (uint32_t)minutes->count;
}

/* Most asked first: where there is no room for all, the first have it. */
static int compare(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order;

    if (a->queries != b->queries)
        return a->queries > b->queries ? -1 : 1;
    if (a->minute_ns != b->minute_ns)
        return a->minute_ns < b->minute_ns ? -1 : 1;
    order = address_compare(&a->server, &b->server);
    if (order != 0)
        return order;
    if (a->is_resolver != b->is_resolver)
        return a->is_resolver ? 1 : -1;
    return (a->source > b->source) - (a->source < b->source);
}

/* Brings those that are over to the front, and says how many they are. */
static size_t choose_over(struct minutes *minutes, int64_t until_ns)
{
    size_t count = 0;

    for (size_t i = 0; i < minutes->count; i++) {
        struct part part = minutes->parts[i];

        if (part.minute_ns > until_ns - MINUTE_NS)
            continue;
        minutes->parts[i] = minutes->parts[count];
        minutes->parts[count++] = part;
    }
    return count;
}

/* They stay in this order, and in these places, until the last was handed out. */
void minutes_release(struct minutes *minutes, int64_t until_ns)
{
    if (minutes->due > 0)
        return;
    minutes->due = choose_over(minutes, until_ns);
    if (minutes->due > 0)
        qsort(minutes->parts, minutes->due, sizeof(*minutes->parts), compare);
}

bool minutes_are_due(const struct minutes *minutes)
{
    return minutes->due > 0 || minutes->count >= minutes->waiting_max;
}

static void widen(uint64_t *wide, const uint32_t *narrow, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wide[i] = narrow[i];
}

static const struct minute_counters *hand_out(struct minutes *minutes, const struct part *part)
{
    struct minute_counters *minute = &minutes->handed_out;

    *minute = (struct minute_counters){.minute_ns = part->minute_ns,
                                       .server = part->server,
                                       .source = part->source,
                                       .is_resolver = part->is_resolver,
                                       .queries = part->queries,
                                       .responses = part->responses,
                                       .unanswered = part->unanswered};
    widen(minute->rcodes, part->rcodes, sizeof(part->rcodes) / sizeof(part->rcodes[0]));
    widen(minute->latency, part->latency, LATENCY_BUCKETS);
    return minute;
}

/* All that were due were handed out: the others get their places. */
static void keep_others(struct minutes *minutes)
{
    size_t count = minutes->count - minutes->due;

    if (count > 0)
        memmove(minutes->parts, minutes->parts + minutes->due, count * sizeof(*minutes->parts));
    memset(minutes->places, 0, minutes->place_count * sizeof(*minutes->places));
    minutes->next = minutes->due = minutes->count = 0;
    while (minutes->count < count) {
        const struct part *part = &minutes->parts[minutes->count];
        uint32_t *place = place_of(minutes, part);

        minutes->count++;
        if (place)
            *place = (uint32_t)minutes->count;
    }
}

const struct minute_counters *minutes_next(struct minutes *minutes)
{
    if (minutes->due == 0 && minutes_are_due(minutes))
        minutes_release(minutes, INT64_MAX);
    if (minutes->due == 0)
        return NULL;
    if (minutes->next < minutes->due)
        return hand_out(minutes, &minutes->parts[minutes->next++]);
    keep_others(minutes);
    return NULL;
}

void minutes_count(const struct minutes *minutes, struct table_fill *fill)
{
    *fill = (struct table_fill){minutes->count - minutes->next, PARTS_MAX, minutes->lost};
}
