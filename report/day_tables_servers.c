#include "report/day_tables_private.h"

static const struct table_column upstream_columns[] = {
    {"server", "server", CELL_TEXT},
    {"name", NULL, CELL_TEXT},
    {"zone", "serves", CELL_TEXT},
    {"asked", "asked", CELL_COUNT},
    {"answered", NULL, CELL_COUNT},
    {"silent", "silent", CELL_COUNT},
    {"silent_share", "share", CELL_SHARE},
    {"silent_share_before", "before", CELL_SHARE},
    {"refused", "REFUSED", CELL_COUNT},
    {"servfail", "SERVFAIL", CELL_COUNT},
    {"rtt_p50_ms", "RTT p50", CELL_DURATION},
    {"rtt_p95_ms", "p95", CELL_DURATION},
    {"rtt_p99_ms", "p99", CELL_DURATION},
    {"rtt_p50_before_ms", "p50 before", CELL_DURATION},
    {"rtt_p95_before_ms", NULL, CELL_DURATION},
    {"rtt_p99_before_ms", NULL, CELL_DURATION},
    {"slower", "slower", CELL_TRUTH},
};

static void fill_upstream(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->server_count; i++) {
        const struct day_server *server = &writer->day->servers[i];

        table_put_text(writer, server->address);
        table_put_text(writer, server->name);
        table_put_text(writer, server->zone);
        table_put_count(writer, server->now.queries);
        table_put_count(writer, server->now.responses);
        table_put_count(writer, server->now.unanswered);
        table_put_part(writer, server->now.unanswered, server->now.queries);
        table_put_part(writer, server->before.unanswered, server->before.queries);
        table_put_count(writer, server->now.refused);
        table_put_count(writer, server->now.servfails);
        table_put_duration(writer, server->now.rtt.p50_ns);
        table_put_duration(writer, server->now.rtt.p95_ns);
        table_put_duration(writer, server->now.rtt.p99_ns);
        table_put_duration(writer, server->before.rtt.p50_ns);
        table_put_duration(writer, server->before.rtt.p95_ns);
        table_put_duration(writer, server->before.rtt.p99_ns);
        table_put_truth(writer, server->slower);
    }
}

static const struct table_column expiring_columns[] = {
    {"zone", "zone", CELL_TEXT},
    {"type", "signatures over", CELL_TEXT},
    {"expires", "expire", CELL_TIME},
    {"left_ms", "left", CELL_DURATION},
    {"made", NULL, CELL_TIME},
    {"seen", "seen last", CELL_TIME},
    {"key_tag", "key", CELL_COUNT},
    {"algorithm", NULL, CELL_COUNT},
    {"servers", "servers", CELL_COUNT},
    {"server", NULL, CELL_TEXT},
    {"renewed_elsewhere", "renewed elsewhere", CELL_TRUTH},
    {"sensor", NULL, CELL_TEXT},
};

static void fill_expiring(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->expiring_count; i++) {
        const struct day_expiring *expiring = &writer->day->expiring[i];

        table_put_text(writer, expiring->zone);
        table_put_text(writer, expiring->type);
        table_put_time(writer, expiring->expiration_ns);
        table_put_duration(writer, expiring->expiration_ns - writer->day->spans[PERIOD_NOW].to_ns);
        table_put_time(writer, expiring->inception_ns);
        table_put_time(writer, expiring->seen_ns);
        table_put_count(writer, expiring->key_tag);
        table_put_count(writer, expiring->algorithm);
        table_put_count(writer, expiring->servers);
        table_put_text(writer, expiring->server);
        table_put_truth(writer, expiring->renewed);
        table_put_sensor(writer, expiring->sensor);
    }
}

static const struct table_column fragile_columns[] = {
    {"risk", "risk", CELL_TEXT},
    {"zone", "zone", CELL_TEXT},
    {"nameservers", "nameservers", CELL_COUNT},
    {"addresses", "addresses", CELL_COUNT},
    {"failing", "failing", CELL_COUNT},
    {"working", "working", CELL_COUNT},
    {"server", "server", CELL_TEXT},
    {"name", NULL, CELL_TEXT},
    {"outcome", "last", CELL_TEXT},
    {"since", "since", CELL_TIME},
    {"seen", NULL, CELL_TIME},
    {"sensor", NULL, CELL_TEXT},
};

/* A row a server. */
static void fill_fragile(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->fragile_count; i++) {
        const struct day_fragile *fragile = &writer->day->fragile[i];

        for (size_t j = 0; j < fragile->server_count; j++) {
            table_put_text(writer, day_fragile_code(fragile->kind));
            table_put_text(writer, fragile->zone);
            table_put_count(writer, fragile->nameservers);
            table_put_count(writer, fragile->listed);
            table_put_count(writer, fragile->failing);
            table_put_count(writer, fragile->working);
            table_put_text(writer, fragile->servers[j].address);
            table_put_text(writer, fragile->servers[j].name);
            table_put_text(writer, outcome_code(fragile->servers[j].outcome));
            table_put_time(writer, fragile->servers[j].since_ns);
            table_put_time(writer, fragile->servers[j].seen_ns);
            table_put_sensor(writer, fragile->sensor);
        }
    }
}

static const struct table_kind kinds[] = {
    {"upstream", "Health of the servers that were asked", COLUMNS(upstream), false, fill_upstream},
    {"expiring", "Signatures that expire soon", COLUMNS(expiring), false, fill_expiring},
    {"fragile", "Delegations at risk", COLUMNS(fragile), false, fill_fragile},
};

const struct table_group tables_of_servers = TABLE_GROUP(kinds);
