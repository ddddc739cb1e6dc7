#include "store/counts_private.h"

static int flush_outages(struct store *store, struct error *error)
{
    const struct table *outages = store->counts->outages;

    for (struct outage_state *state = table_oldest(outages); state != NULL;
         state = table_younger(outages, state)) {
        struct statement statement;

        if (!state->extended)
            continue;
        statement = store_statement(store, SQL_EXTEND_OUTAGE);
        bind_integer(&statement, (int64_t)state->identity);
        bind_integer(&statement, state->first_time_ns);
        bind_integer(&statement, state->last_time_ns);
        if (store_execute(store, &statement, error) < 0)
            return -1;
        state->extended = false;
    }
    return 0;
}

static void bind_sketch(struct statement *statement, const struct sketch *sketch)
{
    uint8_t bytes[SKETCH_REGISTERS];

    bind_bytes(statement, bytes, sketch_pack(sketch, bytes));
}

static int flush_quarters(struct store *store, struct error *error)
{
    const struct table *quarters = store->counts->quarters;

    for (const struct quarter *quarter = table_oldest(quarters); quarter != NULL;
         quarter = table_younger(quarters, quarter)) {
        struct statement statement = store_statement(store, SQL_COUNT_OUTAGE);

        bind_integer(&statement, (int64_t)quarter->outage);
        bind_integer(&statement, quarter->quarter_ns);
        bind_integer(&statement, quarter->source);
        bind_integer(&statement, store->run);
        bind_integer(&statement, quarter->incidents);
        bind_integer(&statement, quarter->cached);
        bind_integer(&statement, quarter->kept);
        bind_integer(&statement, quarter->first_time_ns);
        bind_integer(&statement, quarter->last_time_ns);
        bind_sketch(&statement, &quarter->clients);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}

static void bind_resolver(struct statement *statement, const struct address *resolver)
{
    if (address_equal(resolver, &other_resolvers))
        bind_text(statement, "");
    else
        bind_address(statement, resolver);
}

static int flush_servfails(struct store *store, struct error *error)
{
    const struct table *table = store->counts->servfails;

    for (const struct servfails *servfails = table_oldest(table); servfails != NULL;
         servfails = table_younger(table, servfails)) {
        struct statement statement = store_statement(store, SQL_COUNT_SERVFAILS);

        bind_integer(&statement, servfails->key.minute_ns);
        bind_resolver(&statement, &servfails->key.resolver);
        bind_text(&statement, cause_code((enum cause)servfails->key.cause));
        bind_integer(&statement, servfails->key.cached);
        bind_integer(&statement, servfails->key.source);
        bind_integer(&statement, store->run);
        bind_integer(&statement, servfails->incidents);
        for (int i = 0; i < LATENCY_BUCKETS; i++)
            bind_integer(&statement, servfails->elapsed[i]);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}

static int flush_clients(struct store *store, struct error *error)
{
    const struct table *table = store->counts->clients;

    for (const struct clients *clients = table_oldest(table); clients != NULL;
         clients = table_younger(table, clients)) {
        struct statement statement = store_statement(store, SQL_COUNT_CLIENTS);

        bind_integer(&statement, clients->key.quarter_ns);
        bind_resolver(&statement, &clients->key.resolver);
        bind_integer(&statement, clients->key.source);
        bind_integer(&statement, store->run);
        bind_sketch(&statement, &clients->sketch);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}

int counts_flush(struct store *store, struct error *error)
{
    if (flush_outages(store, error) < 0 || flush_quarters(store, error) < 0 ||
        flush_servfails(store, error) < 0 || flush_clients(store, error) < 0)
        return -1;
    counts_empty(store->counts);
    return 0;
}
