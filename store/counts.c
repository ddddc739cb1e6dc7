#include "store/counts.h"

#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"
#include "store/counts_private.h"
#include "store/thinning.h"

/* When one of the tables is full, all is written: each incident takes a slot of each at most. */
#define OUTAGES_MAX   8192
#define QUARTERS_MAX  2048
#define SERVFAILS_MAX 1024
#define CLIENTS_MAX   64
#define SLOTS_LEAST   16
/* Outages that are entered whole in an hour, for each incident that is kept whole. */
#define OUTAGES_PER_ROW 4

/* A table that has its part of the memory: as many slots as it takes for the whole to fit. */
static struct table *gather_in(size_t slot_size, uint32_t slots_max, uint64_t memory_bytes)
{
    const uint64_t whole_bytes = OUTAGES_MAX * table_slot_cost(sizeof(struct outage_state)) +
                                 QUARTERS_MAX * table_slot_cost(sizeof(struct quarter)) +
                                 SERVFAILS_MAX * table_slot_cost(sizeof(struct servfails)) +
                                 CLIENTS_MAX * table_slot_cost(sizeof(struct clients));
    uint64_t slots = slots_max * memory_bytes / whole_bytes;

    if (slots > slots_max)
        slots = slots_max;
    return table_new(slot_size, slots < SLOTS_LEAST ? SLOTS_LEAST : (uint32_t)slots, NULL, NULL);
}

struct counts *counts_new(uint64_t outage_rows, uint64_t hour_rows, uint64_t memory_bytes)
{
    struct counts *counts = calloc(1, sizeof(*counts));

    if (counts == NULL)
        return NULL;
    *counts = (struct counts){
        .outage_rows = outage_rows,
        .hour_rows = hour_rows,
        .outages = gather_in(sizeof(struct outage_state), OUTAGES_MAX, memory_bytes),
        .quarters = gather_in(sizeof(struct quarter), QUARTERS_MAX, memory_bytes),
        .servfails = gather_in(sizeof(struct servfails), SERVFAILS_MAX, memory_bytes),
        .clients = gather_in(sizeof(struct clients), CLIENTS_MAX, memory_bytes),
    };
    if (counts->outages == NULL || counts->quarters == NULL || counts->servfails == NULL ||
        counts->clients == NULL) {
        counts_free(counts);
        return NULL;
    }
    return counts;
}

void counts_free(struct counts *counts)
{
    if (counts == NULL)
        return;
    table_free(counts->outages);
    table_free(counts->quarters);
    table_free(counts->servfails);
    table_free(counts->clients);
    free(counts);
}

static void empty(struct table *table)
{
    void *slot;

    while ((slot = table_oldest(table)) != NULL)
        table_remove(table, slot);
}

void counts_empty(struct counts *counts)
{
    empty(counts->quarters);
    empty(counts->servfails);
    empty(counts->clients);
}

void counts_commit(struct counts *counts)
{
    memcpy(counts->committed, counts->hours, sizeof(counts->hours));
}

void counts_rollback(struct counts *counts)
{
    counts_empty(counts);
    empty(counts->outages);
    memcpy(counts->hours, counts->committed, sizeof(counts->hours));
}

void counts_forget(struct counts *counts)
{
    empty(counts->outages);
}

/* For one incident more. */
static int make_room(struct store *store, struct error *error)
{
    struct counts *counts = store->counts;
    bool outages_are_full = table_is_full(counts->outages);

    if (!outages_are_full && !table_is_full(counts->quarters) &&
        !table_is_full(counts->servfails) && !table_is_full(counts->clients))
        return 0;
    if (counts_flush(store, error) < 0)
        return -1;
    if (outages_are_full)
        counts_forget(counts);
    return 0;
}

static struct address resolver_to_count(struct store *store, const struct incident *incident)
{
    bool own =
        census_admits_asked(store->resolvers, store_source_id(store, incident->source),
                            span_begin_ns(incident->time_ns, QUARTER_NS), &incident->resolver, 1);

    return own ? incident->resolver : other_resolvers;
}

/* Of the resolver, or of those that are counted together. */
static struct hour *hour_of(struct counts *counts, const struct address *resolver)
{
    return &counts->hours[address_equal(resolver, &other_resolvers) ? CROWD : OWN];
}

static void begin_hour(struct hour *hour, struct outage_state *state, int64_t time_ns)
{
    if (thinning_is_over(hour->hour_ns, time_ns))
        *hour = (struct hour){.hour_ns = span_begin_ns(time_ns, HOUR_NS)};
    if (state != NULL && thinning_is_over(state->hour_ns, time_ns)) {
        state->hour_ns = span_begin_ns(time_ns, HOUR_NS);
        state->seen = 0;
    }
}

/* The first of an outage stands for as many of those that this run met first in the hour. */
static unsigned halvings_of_first(const struct counts *counts, const struct hour *hour)
{
    uint64_t whole = counts->hour_rows > UINT64_MAX / OUTAGES_PER_ROW
                         ? UINT64_MAX
                         : OUTAGES_PER_ROW * counts->hour_rows;

    return thinning_halvings(hour->outages, whole);
}

static unsigned halvings_of_next(const struct counts *counts, const struct outage_state *state)
{
    return state != NULL ? thinning_halvings(state->seen, counts->outage_rows) : 0;
}

static bool is_unknown(const struct outage_state *state)
{
    return state != NULL && !state->known;
}

static unsigned halvings_of(const struct counts *counts, const struct hour *hour,
                            const struct outage_state *state)
{
    unsigned by_hour = thinning_halvings(hour->asked, counts->hour_rows);
    unsigned by_outage = halvings_of_next(counts, state);

    if (is_unknown(state))
        return halvings_of_first(counts, hour);
    return by_outage > by_hour ? by_outage : by_hour;
}

static bool is_chosen(const struct incident *incident, unsigned halvings)
{
    return (incident->identity & ((UINT64_C(1) << halvings) - 1)) == 0;
}

int counts_weigh(struct store *store, const struct incident *incident, unsigned *weight,
                 struct error *error)
{
    struct counts *counts = store->counts;
    struct outage_state *state = NULL;
    struct address resolver;
    struct hour *hour;
    unsigned halvings;

    if (make_room(store, error) < 0)
        return -1;
    if (incident->outage != 0 && outage_find(store, incident, &state, error) < 0)
        return -1;
    resolver = resolver_to_count(store, incident);
    hour = hour_of(counts, &resolver);
    begin_hour(hour, state, incident->time_ns);
    halvings = halvings_of(counts, hour, state);
    *weight = is_chosen(incident, halvings) ? 1u << halvings : 0;
    return is_unknown(state) && *weight > 0 ? outage_enter(store, incident, state, error) : 0;
}

static void count_quarter(struct store *store, const struct incident *incident, bool kept)
{
    struct table *quarters = store->counts->quarters;
    const int64_t parts[] = {(int64_t)incident->outage,
                             span_begin_ns(incident->time_ns, QUARTER_NS),
                             store_source_id(store, incident->source)};
    uint64_t key = hash_bytes(parts, sizeof(parts));
    struct quarter *quarter = table_find(quarters, key);

    if (quarter == NULL) {
        quarter = table_add(quarters, key, 0);
        *quarter = (struct quarter){.outage = incident->outage,
                                    .quarter_ns = parts[1],
                                    .source = parts[2],
                                    .first_time_ns = incident->time_ns,
                                    .last_time_ns = incident->time_ns};
    }
    quarter->incidents++;
    quarter->cached += incident->cause == CAUSE_CACHED_FAILURE;
    quarter->kept += kept;
    if (quarter->first_time_ns > incident->time_ns)
        quarter->first_time_ns = incident->time_ns;
    if (quarter->last_time_ns < incident->time_ns)
        quarter->last_time_ns = incident->time_ns;
    sketch_add(&quarter->clients, incident->client_key);
}

static void count_servfail(struct store *store, const struct incident *incident,
                           const struct address *resolver, enum cause cause)
{
    struct table *table = store->counts->servfails;
    const struct servfails_key parts = {
        .minute_ns = span_begin_ns(incident->time_ns, MINUTE_NS),
        .source = store_source_id(store, incident->source),
        .resolver = *resolver,
        .cause = cause,
        .cached = incident->cause == CAUSE_CACHED_FAILURE,
    };
    uint64_t key = hash_bytes(&parts, sizeof(parts));
    struct servfails *servfails = table_find(table, key);

    if (servfails == NULL) {
        servfails = table_add(table, key, 0);
        servfails->key = parts;
    }
    servfails->incidents++;
    if (incident->elapsed_ns >= 0)
        servfails->elapsed[latency_bucket(incident->elapsed_ns)]++;
}

static void count_client(struct store *store, const struct incident *incident,
                         const struct address *resolver)
{
    struct table *table = store->counts->clients;
    const struct clients_key parts = {
        .quarter_ns = span_begin_ns(incident->time_ns, QUARTER_NS),
        .source = store_source_id(store, incident->source),
        .resolver = *resolver,
    };
    uint64_t key = hash_bytes(&parts, sizeof(parts));
    struct clients *clients = table_find(table, key);

    if (clients == NULL) {
        clients = table_add(table, key, 0);
        clients->key = parts;
    }
    sketch_add(&clients->sketch, incident->client_key);
}

static void extend(struct outage_state *state, int64_t time_ns)
{
    if (time_ns < state->first_time_ns) {
        state->first_time_ns = time_ns;
        state->extended = true;
    }
    if (time_ns > state->last_time_ns) {
        state->last_time_ns = time_ns;
        state->extended = true;
    }
}

/* An outage that this run has just met, or a row that was to be had as far as its outage goes. */
static void count_in_hour(const struct counts *counts, struct hour *hour,
                          const struct incident *incident, const struct outage_state *state,
                          bool kept)
{
    if (is_unknown(state)) {
        hour->outages += state->seen == 0;
        hour->asked += kept;
    } else {
        hour->asked += is_chosen(incident, halvings_of_next(counts, state));
    }
}

int counts_add(struct store *store, const struct incident *incident, bool kept, struct error *error)
{
    const struct address resolver = resolver_to_count(store, incident);
    struct outage_state *state = NULL;
    enum cause cause = incident->cause;

    if (incident->outage != 0 && outage_find(store, incident, &state, error) < 0)
        return -1;
    count_in_hour(store->counts, hour_of(store->counts, &resolver), incident, state, kept);
    if (state != NULL) {
        state->seen++;
        state->known |= kept;
        cause = state->cause;
        if (state->known) {
            extend(state, incident->time_ns);
            count_quarter(store, incident, kept);
        }
    }
    count_servfail(store, incident, &resolver, cause);
    count_client(store, incident, &resolver);
    return 0;
}

static int remove_from_outage(struct store *store, const struct counted *counted,
                              struct error *error)
{
    struct statement statement = store_statement(store, SQL_UNCOUNT_OUTAGE);

    bind_integer(&statement, counted->cached);
    bind_integer(&statement, (int64_t)counted->outage);
    bind_integer(&statement, span_begin_ns(counted->time_ns, QUARTER_NS));
    bind_integer(&statement, counted->source);
    bind_integer(&statement, counted->run);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    statement = store_statement(store, SQL_MARK_OUTAGE);
    bind_integer(&statement, (int64_t)counted->outage);
    return store_execute(store, &statement, error);
}

static int remove_from_servfails(struct store *store, const struct counted *counted,
                                 const char *resolver, struct error *error)
{
    struct statement statement = store_statement(store, SQL_UNCOUNT_SERVFAIL);

    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        bind_integer(&statement,
                     counted->elapsed_ns >= 0 && latency_bucket(counted->elapsed_ns) == i);
    bind_integer(&statement, span_begin_ns(counted->time_ns, MINUTE_NS));
    bind_text(&statement, resolver);
    bind_text(&statement, counted->cause);
    bind_integer(&statement, counted->cached);
    bind_integer(&statement, counted->source);
    bind_integer(&statement, counted->run);
    return store_execute(store, &statement, error);
}

int counts_remove(struct store *store, const struct counted *counted, struct error *error)
{
    /* It may be among what was gathered. */
    if (counted->run == store->run && counts_flush(store, error) < 0)
        return -1;
    if (counted->outage != 0 && remove_from_outage(store, counted, error) < 0)
        return -1;
    if (remove_from_servfails(store, counted, counted->resolver, error) < 0)
        return -1;
    if (sqlite3_changes(store->database) > 0)
        return 0;
    return remove_from_servfails(store, counted, "", error);
}
