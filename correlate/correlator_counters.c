#include "correlate/correlator_private.h"

static const char *const table_codes[TABLE_COUNT] = {
#define X(id, code) [TABLE_##id] = code,
    CORRELATE_TABLES(X)
#undef X
};

const char *correlate_table_code(enum correlate_table table)
{
    return table_codes[table];
}

static void add_traffic(struct traffic_counters *traffic, const struct minute_counters *minute)
{
    traffic->queries += minute->queries;
    traffic->responses += minute->responses;
    traffic->unanswered += minute->unanswered;
    for (unsigned i = 0; i < sizeof(traffic->rcodes) / sizeof(traffic->rcodes[0]); i++)
        traffic->rcodes[i] += minute->rcodes[i];
}

void correlator_keep_minute(void *context, const struct minute_counters *minute)
{
    struct correlator *correlator = context;

    add_traffic(minute->is_resolver ? &correlator->clients : &correlator->servers, minute);
    minutes_add(correlator->minutes, minute);
    correlator->stirred |= minutes_are_due(correlator->minutes);
}

static void set_fill(struct correlate_counters *counters, enum correlate_table table,
                     const struct table_fill *fill)
{
    counters->used[table] = fill->used;
    counters->capacity[table] = fill->capacity;
    counters->evicted[table] = fill->evicted;
}

static void count_tables(const struct correlator *correlator, struct correlate_counters *counters)
{
    const struct knowledge *knowledge = &correlator->knowledge;
    struct table_fill fills[TABLE_COUNT] = {{0}};

    exchange_table_count(knowledge->exchanges, &fills[TABLE_EXCHANGES]);
    flights_count(correlator->flights, &fills[TABLE_EXCHANGES]);
    keyring_count(knowledge->keyring, &fills[TABLE_MESSAGES]);
    parties_fill(knowledge->parties, &fills[TABLE_SERVERS]);
    world_count(knowledge->world, &fills[TABLE_DELEGATIONS]);
    aliases_count(knowledge->aliases, &fills[TABLE_DELEGATIONS]);
    failures_count(knowledge->failures, &fills[TABLE_FAILURES]);
    connections_count(knowledge->connections, &fills[TABLE_CONNECTIONS]);
    minutes_count(correlator->minutes, &fills[TABLE_MINUTES]);
    pending_count(correlator->pending, &fills[TABLE_PENDING]);
    for (int i = 0; i < TABLE_COUNT; i++)
        set_fill(counters, (enum correlate_table)i, &fills[i]);
}

static void count_minute(void *context, const struct minute_counters *minute)
{
    struct correlate_counters *counters = context;

    add_traffic(minute->is_resolver ? &counters->clients : &counters->servers, minute);
}

void correlator_counters(struct correlator *correlator, struct correlate_counters *counters)
{
    const struct parties *parties = correlator->knowledge.parties;

    *counters = (struct correlate_counters){
        .servfails = correlator->servfails,
        .unasked_servfails = correlator->unasked_servfails,
        .unasked_answers = correlator->unasked_answers,
        .unasked_icmp = correlator->unasked_icmp,
        .clients = correlator->clients,
        .servers = correlator->servers,
    };
    parties_count(parties, counters);
    parties_open_minutes(parties, count_minute, counters);
    count_tables(correlator, counters);
}

bool correlator_saw_service(const struct correlator *correlator, const struct address *address)
{
    const struct server *server = parties_server(correlator->knowledge.parties, address);

    return server != NULL && (server_queries(server) > 0 || server_responses(server) > 0 ||
                              server->encrypted_ns != NEVER);
}

bool correlator_saw_egress(const struct correlator *correlator, const struct address *address)
{
    const struct asker *asker = parties_asker(correlator->knowledge.parties, address);

    return asker != NULL && (asker_sends(asker) || asker->encrypted_ns != NEVER);
}
