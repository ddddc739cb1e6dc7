#include "correlate/distress.h"

#include <stdbool.h>
#include <stdlib.h>

#include "correlate/table.h"
#include "decode/hash.h"
#include "decode/hash_words.h"

#define SPAN_NS      INT64_C(250000000)
#define FAMILIES_MAX 16
/* In distress, one answer of so many fails. */
#define FAILED_SHARE 10

struct span {
    int64_t number;
    uint64_t failed;
    uint64_t first_answers, last_answers;
    unsigned family_count;
    uint64_t families[FAMILIES_MAX];
};

struct distress {
    struct table *spans;
};

struct distress *distress_new(uint64_t memory_bytes)
{
    struct distress *distress = calloc(1, sizeof(*distress));
    size_t cost = table_slot_cost(sizeof(struct span));

    if (!distress)
        return NULL;
    distress->spans =
        table_new(sizeof(struct span), (uint32_t)(memory_bytes / cost + 16), NULL, NULL);
    if (!distress->spans) {
        distress_free(distress);
        return NULL;
    }
    return distress;
}

void distress_free(struct distress *distress)
{
    if (!distress)
        return;
    table_free(distress->spans);
    free(distress);
}

static int64_t span_number(int64_t time_ns)
{
    return time_ns / SPAN_NS - (time_ns % SPAN_NS < 0);
}

static uint64_t span_key(uint64_t resolver, int64_t number)
{
    return hash_mix(resolver, (uint64_t)number);
}

static void add_family(struct span *span, uint64_t family)
{
    for (unsigned i = 0; i < span->family_count; i++)
        if (span->families[i] == family)
            return;
    if (span->family_count < FAMILIES_MAX)
        span->families[span->family_count++] = family;
}

static void forget(struct distress *distress, int64_t oldest_ns)
{
    int64_t number = span_number(oldest_ns - DISTRESS_NS);
    struct span *oldest;

    while ((oldest = table_oldest(distress->spans)) != NULL && oldest->number < number)
        table_remove(distress->spans, oldest);
}

static void note(struct distress *distress, uint64_t holder, int64_t time_ns, uint64_t family,
                 uint64_t answers, int64_t oldest_ns)
{
    int64_t number = span_number(time_ns);
    uint64_t key = span_key(holder, number);
    struct span *span = table_find(distress->spans, key);

    if (!span) {
        forget(distress, oldest_ns);
        span = table_add(distress->spans, key, holder);
        *span = (struct span){.number = number, .first_answers = answers};
    }
    span->failed++;
    span->last_answers = answers;
    add_family(span, family);
}

void distress_note(struct distress *distress, const struct address *resolver, int64_t time_ns,
                   uint64_t family, uint64_t answers, int64_t oldest_ns)
{
    note(distress, hash_address(resolver), time_ns, family, answers, oldest_ns);
}

/* The spans of a family's names are told apart from those of families by their holder. */
static uint64_t family_holder(const struct address *resolver, uint64_t family)
{
    return hash_mix(hash_address(resolver), family);
}

void distress_note_name(struct distress *distress, const struct address *resolver, int64_t time_ns,
                        uint64_t family, uint64_t name, int64_t oldest_ns)
{
    note(distress, family_holder(resolver, family), time_ns, name, 0, oldest_ns);
}

#define SPANS_AROUND (2 * DISTRESS_NS / SPAN_NS + 1)

static unsigned count(const struct distress *distress, uint64_t holder, int64_t time_ns)
{
    int64_t first = span_number(time_ns - DISTRESS_NS), last = span_number(time_ns + DISTRESS_NS);
    const struct span *spans[SPANS_AROUND];
    struct span all = {.first_answers = UINT64_MAX};
    unsigned span_count = 0;

    for (int64_t number = first; number <= last; number++) {
        const struct span *span = table_find(distress->spans, span_key(holder, number));

        if (!span)
            continue;
        spans[span_count++] = span;
        all.failed += span->failed;
        if (span->first_answers < all.first_answers)
            all.first_answers = span->first_answers;
        if (span->last_answers > all.last_answers)
            all.last_answers = span->last_answers;
    }
    if (all.failed > 0 && all.last_answers - all.first_answers > all.failed * FAILED_SHARE)
        return 1;
    for (unsigned s = 0; s < span_count; s++)
        for (unsigned i = 0; i < spans[s]->family_count; i++)
            add_family(&all, spans[s]->families[i]);
    return all.family_count;
}

unsigned distress_families(const struct distress *distress, const struct address *resolver,
                           int64_t time_ns)
{
    return count(distress, hash_address(resolver), time_ns);
}

unsigned distress_names(const struct distress *distress, const struct address *resolver,
                        int64_t time_ns, uint64_t family)
{
    return count(distress, family_holder(resolver, family), time_ns);
}
