#include "correlate/party_private.h"

#include "decode/rare.h"

/* Servers that no client asks are counted by the quarter of an hour, and told of this often. */
#define QUARTER 15 /* minutes */
#define TELL_NS (5 * MINUTE_NS)

RARE void minute_clock_set(struct minute_clock *clock, int64_t time_ns)
{
    uint32_t minute = (uint32_t)(time_ns / MINUTE_NS);

    clock->begin_ns = time_ns - time_ns % MINUTE_NS;
    clock->minute = minute + 1;
    clock->quarter = minute - minute % QUARTER + 1;
}

static void widen(uint64_t *wide, const uint16_t *narrow, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wide[i] = narrow[i];
}

static void tell_minute(const struct parties *parties, const struct server *server,
                        minute_function tell, void *context)
{
    struct minute_counters minute = {
        .minute_ns = server->begin_ns,
        .source = server->source,
        .server = server->address,
        .is_resolver = server_is_service(parties, server) &&
                       parties_is_watched(parties, &server->address, NULL),
        .queries = server->queries,
        .responses = server->responses,
        .unanswered = server->unanswered,
    };

    widen(minute.rcodes, server->rcodes, RCODES);
    widen(minute.latency, server->latency, LATENCY_BUCKETS);
    tell(context, &minute);
}

void server_split_minute(struct parties *parties, struct server *server)
{
    tell_minute(parties, server, parties->emit, parties->context);
    server->told_good_answers = server_good_answers(server);
    server->told_queries += server->queries;
    server->told_responses += server->responses;
    server->queries = server->responses = 0;
    server->unanswered = 0;
    memset(server->rcodes, 0, sizeof(server->rcodes));
    memset(server->latency, 0, sizeof(server->latency));
}

void server_flush_minute(struct parties *parties, struct server *server)
{
    if (!server->minute_used)
        return;
    server_split_minute(parties, server);
    server->minute_used = false;
    server->minute = 0;
}

RARE void server_begin_minute(struct parties *parties, struct server *server, uint32_t source)
{
    server_flush_minute(parties, server);
    server->begin_ns = parties->clock.begin_ns;
    server->by_minute = server->asker_count > 0 || server->recurses;
    server->minute = server->by_minute ? parties->clock.minute : parties->clock.quarter;
    server->source = source;
    server->minute_used = true;
}

/* Who has become counted by the minute meanwhile begins with his next packet: `minute` is 0. */
static bool is_complete(const struct server *server, int64_t now_ns)
{
    int64_t end_ns = now_ns - 2 * MINUTE_NS;

    if (server->minute == 0 || server->by_minute)
        return (int64_t)server->minute * MINUTE_NS <= now_ns;
    return server->begin_ns < end_ns && ((server->minute - 1 + QUARTER) * MINUTE_NS <= end_ns ||
                                         server->begin_ns < now_ns - TELL_NS);
}

void parties_flush_minutes(struct parties *parties, int64_t now_ns)
{
    for (struct server *server = table_oldest(parties->servers); server;
         server = table_younger(parties->servers, server))
        if (server->minute_used && (now_ns == INT64_MAX || is_complete(server, now_ns)))
            server_flush_minute(parties, server);
}

void parties_open_minutes(const struct parties *parties, minute_function tell, void *context)
{
    for (struct server *server = table_oldest(parties->servers); server;
         server = table_younger(parties->servers, server))
        if (server->minute_used)
            tell_minute(parties, server, tell, context);
}
