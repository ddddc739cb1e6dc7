#include "correlate/distress.h"

#include <stdbool.h>
#include <stdlib.h>

#include "correlate/table.h"
#include "decode/hash.h"
#include "decode/hash_words.h"

#define SPAN_NS     INT64_C(250000000)
#define MEMBERS_MAX 16
/* In distress, one answer of so many fails. */
#define FAILED_SHARE 10
/* Who failed for a reason of his own fails again of it, also where nobody is asked anew. */
#define REASON_NS (INT64_C(120) * 1000000000)

struct span {
    int64_t number;
    uint64_t failed;
    uint64_t first_answers, last_answers;
    unsigned member_count;
    uint64_t members[MEMBERS_MAX]; /* whose names failed, or which names */
};

/* A party that failed at a resolver for a reason of its own. */
struct explained {
    int64_t time_ns;
};

struct distress {
    struct table *families; /* spans of a resolver */
    struct table *names;    /* spans of a party at a resolver */
    struct table *explained;
};

static struct table *new_table(size_t slot_size, uint64_t memory_bytes)
{
    uint32_t capacity = (uint32_t)(memory_bytes / table_slot_cost(slot_size) + 16);

    return table_new(slot_size, capacity, NULL, NULL);
}

struct distress *distress_new(uint64_t memory_bytes)
{
    struct distress *distress = calloc(1, sizeof(*distress));

    if (!distress)
        return NULL;
    distress->families = new_table(sizeof(struct span), memory_bytes / 8 * 3);
    distress->names = new_table(sizeof(struct span), memory_bytes / 2);
    distress->explained = new_table(sizeof(struct explained), memory_bytes / 8);
    if (!distress->families || !distress->names || !distress->explained) {
        distress_free(distress);
        return NULL;
    }
    return distress;
}

void distress_free(struct distress *distress)
{
    if (!distress)
        return;
    table_free(distress->families);
    table_free(distress->names);
    table_free(distress->explained);
    free(distress);
}

static int64_t span_number(int64_t time_ns)
{
    return time_ns / SPAN_NS - (time_ns % SPAN_NS < 0);
}

static uint64_t span_key(uint64_t holder, int64_t number)
{
    return hash_mix(holder, (uint64_t)number);
}

static void add_member(struct span *span, uint64_t member)
{
    for (unsigned i = 0; i < span->member_count; i++)
        if (span->members[i] == member)
            return;
    if (span->member_count < MEMBERS_MAX)
        span->members[span->member_count++] = member;
}

static void forget(struct table *spans, int64_t oldest_ns)
{
    int64_t number = span_number(oldest_ns - DISTRESS_NS);
    struct span *oldest;

    while ((oldest = table_oldest(spans)) != NULL && oldest->number < number)
        table_remove(spans, oldest);
}

static struct span *note(struct table *spans, uint64_t holder, int64_t time_ns, uint64_t answers,
                         int64_t oldest_ns)
{
    int64_t number = span_number(time_ns);
    uint64_t key = span_key(holder, number);
    struct span *span = table_find(spans, key);

    if (!span) {
        forget(spans, oldest_ns);
        span = table_add(spans, key, holder);
        *span = (struct span){.number = number, .first_answers = answers};
    }
    span->failed++;
    span->last_answers = answers;
    return span;
}

static uint64_t party_holder(const struct address *resolver, uint64_t family)
{
    return hash_mix(hash_address(resolver), family);
}

/* Not so if it is of before the clock was set back. */
static bool is_fresh(const struct explained *explained, int64_t time_ns)
{
    return explained && time_ns - explained->time_ns < REASON_NS &&
           explained->time_ns - time_ns < REASON_NS;
}

void distress_note(struct distress *distress, const struct address *resolver, int64_t time_ns,
                   uint64_t family, uint64_t name, uint64_t answers, int64_t oldest_ns)
{
    uint64_t party = party_holder(resolver, family);
    const struct explained *explained = table_find(distress->explained, party);
    struct span *span =
        note(distress->families, hash_address(resolver), time_ns, answers, oldest_ns);

    if (!is_fresh(explained, time_ns))
        add_member(span, family);
    if (name)
        add_member(note(distress->names, party, time_ns, answers, oldest_ns), name);
}

static void remove_member(struct span *span, uint64_t member)
{
    for (unsigned i = 0; i < span->member_count; i++)
        if (span->members[i] == member)
            span->members[i] = span->members[--span->member_count];
}

void distress_explain(struct distress *distress, const struct address *resolver, int64_t time_ns,
                      uint64_t family)
{
    uint64_t party = party_holder(resolver, family);
    struct span *span =
        table_find(distress->families, span_key(hash_address(resolver), span_number(time_ns)));
    struct explained *explained = table_find(distress->explained, party);

    if (span)
        remove_member(span, family);
    if (!explained)
        explained = table_add(distress->explained, party, hash_address(resolver));
    explained->time_ns = time_ns;
    table_touch(distress->explained, explained);
}

/* All spans around this time as one. */
static struct span gather(const struct table *table, uint64_t holder, int64_t time_ns)
{
    int64_t first = span_number(time_ns - DISTRESS_NS), last = span_number(time_ns + DISTRESS_NS);
    struct span all = {.first_answers = UINT64_MAX};

    for (int64_t number = first; number <= last; number++) {
        const struct span *span = table_find(table, span_key(holder, number));

        if (!span)
            continue;
        all.failed += span->failed;
        if (span->first_answers < all.first_answers)
            all.first_answers = span->first_answers;
        if (span->last_answers > all.last_answers)
            all.last_answers = span->last_answers;
        for (unsigned i = 0; i < span->member_count && all.member_count < MEMBERS_MAX; i++)
            add_member(&all, span->members[i]);
    }
    return all;
}

struct failures_around distress_around(const struct distress *distress,
                                       const struct address *resolver, int64_t time_ns,
                                       uint64_t family)
{
    struct span families = gather(distress->families, hash_address(resolver), time_ns);
    struct span names = gather(distress->names, party_holder(resolver, family), time_ns);
    bool few = families.failed > 0 &&
               families.last_answers > families.first_answers + families.failed * FAILED_SHARE;

    return (struct failures_around){few ? 1 : families.member_count, names.member_count};
}
