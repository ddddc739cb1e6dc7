#include "store/census.h"

#include <stdlib.h>

#include "correlate/table.h"
#include "decode/hash.h"
#include "store/counts.h"

/* Of sources and quarters of an hour at a time: parts come some minutes late at most. */
#define QUARTERS_MAX 64
/* For the whole of a quarter, those beyond, and some of the quarter before. */
#define ROOM           4
#define ADMITTED_LEAST 64

struct quarter {
    int64_t source;
    uint64_t admitted; /* how many */
    bool shows_queries;
};

struct census {
    struct table *quarters;
    struct table *admitted; /* nothing but their keys */
    uint64_t whole;
};

struct census *census_new(uint64_t whole, uint64_t memory_bytes)
{
    struct census *census = calloc(1, sizeof(*census));
    uint64_t room = memory_bytes / table_slot_cost(1);

    if (census == NULL)
        return NULL;
    if (room > ROOM * whole)
        room = ROOM * whole;
    if (room < ADMITTED_LEAST)
        room = ADMITTED_LEAST;
    census->whole = room / ROOM;
    census->quarters = table_new(sizeof(struct quarter), QUARTERS_MAX, NULL, NULL);
    census->admitted = table_new(1, (uint32_t)room, NULL, NULL);
    if (census->quarters == NULL || census->admitted == NULL) {
        census_free(census);
        return NULL;
    }
    return census;
}

void census_free(struct census *census)
{
    if (census == NULL)
        return;
    table_free(census->quarters);
    table_free(census->admitted);
    free(census);
}

static bool shows_queries(const struct table *quarters, int64_t source)
{
    for (const struct quarter *quarter = table_oldest(quarters); quarter != NULL;
         quarter = table_younger(quarters, quarter)) {
        if (quarter->source == source && quarter->shows_queries)
            return true;
    }
    return false;
}

static struct quarter *find_quarter(struct census *census, int64_t source, int64_t quarter_ns)
{
    const int64_t parts[] = {source, quarter_ns};
    uint64_t key = hash_bytes(parts, sizeof(parts));
    struct quarter *quarter = table_find(census->quarters, key);
    bool queries_before;

    if (quarter != NULL)
        return quarter;
    queries_before = shows_queries(census->quarters, source);
    quarter = table_add(census->quarters, key, 0);
    *quarter = (struct quarter){.source = source, .shows_queries = queries_before};
    return quarter;
}

static uint64_t address_key(int64_t source, int64_t quarter_ns, const struct address *address)
{
    const struct {
        int64_t source, quarter_ns;
        struct address server;
    } key = {source, quarter_ns, *address}; /* without padding */

    return hash_bytes(&key, sizeof(key));
}

/* Answers that belong to no query, in this quarter or before it. */
static bool is_unasked(const struct minute_counters *part)
{
    uint64_t asked = part->queries + part->unanswered;

    for (unsigned i = 0; i < LATENCY_BUCKETS && asked == 0; i++)
        asked = part->latency[i];
    return asked == 0;
}

/* How often one has to be asked to become the next that has a row. */
static uint64_t times_asked(uint64_t admitted, uint64_t whole)
{
    uint64_t times = 0;

    for (; admitted >= whole && whole <= UINT32_MAX; whole *= 2)
        times = times == 0 ? 4 : 4 * times;
    return times;
}

static bool is_known(const struct census *census, int64_t source, int64_t quarter_ns,
                     const struct address *address)
{
    return table_find(census->admitted, address_key(source, quarter_ns, address)) != NULL;
}

static bool is_admitted(struct census *census, uint64_t key)
{
    void *slot = table_find(census->admitted, key);

    if (slot != NULL)
        table_touch(census->admitted, slot);
    return slot != NULL;
}

bool census_admits_asked(struct census *census, int64_t source, int64_t quarter_ns,
                         const struct address *address, uint64_t asked)
{
    struct quarter *quarter = find_quarter(census, source, quarter_ns);
    uint64_t key = address_key(source, quarter_ns, address), whole = census->whole;

    if (is_admitted(census, key))
        return true;
    if (is_known(census, source, quarter_ns - QUARTER_NS, address))
        whole *= 2;
    if (asked < times_asked(quarter->admitted, whole))
        return false;
    table_add_first(census->admitted, key, 0);
    quarter->admitted++;
    return true;
}

bool census_admits(struct census *census, int64_t source, int64_t quarter_ns,
                   const struct minute_counters *part)
{
    struct quarter *quarter = find_quarter(census, source, quarter_ns);

    quarter->shows_queries |= part->queries > 0;
    if (quarter->shows_queries && is_unasked(part))
        return is_known(census, source, quarter_ns, &part->server);
    return census_admits_asked(census, source, quarter_ns, &part->server,
                               part->queries > 0 ? part->queries : part->responses);
}
