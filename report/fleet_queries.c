#include "report/fleet_queries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/gather.h"

#define RCODE(n)       ", rcode_" #n
#define LATENCY(n)     ", latency_" #n
#define SUM_RCODE(n)   ", sum(rcode_" #n ")"
#define SUM_LATENCY(n) ", sum(latency_" #n ")"
#define SUM_ELAPSED(n) ", sum(elapsed_" #n ")"
#define ZERO(n)        ", 0"
#define PARAMETER(n)   ", ?"

/* Of rows with one identity the latest, unless the sensor took it back. */
#define FROM(table) " FROM " table " FINAL WHERE NOT removed AND {sensors} AND "

/* The beginning of the unit of time that a minute is added up to; not before the span's. */
#define UNIT(time, least) "greatest(toInt64({" least "}), intDiv(" time ", {grain}) * {grain})"

/* A counter's values over any unit of time are those of one minute in it. */
#define MINUTES_COLUMNS                                                                            \
    "INSERT INTO minutes (is_resolver, source, run, minute_ns, server, queries, responses, "       \
    "unanswered" GATHER_RCODES(RCODE) GATHER_LATENCIES(LATENCY) ") VALUES "
#define MINUTES_SUMS "sum(queries), sum(responses), sum(unanswered)" GATHER_RCODES(SUM_RCODE)

#define ASKED_FOR(time)                                                                            \
    "is_resolver = 1 AND " time " >= {from_minute} AND " time " < {to} AND {asked} "

#define FAILED_SUMS     "sum(incidents), sum(incidents * cached)"
#define FAILED_IN(time) time " >= {inner_from} AND " time " < {inner_to} AND {resolvers} "

/* Sketches that tell the registers that they use are also one when they stand behind each other,
 * while that is not as long as one of all registers (store/sketch.h). */
#define FEW_SKETCHES(column)                                                                       \
    "if(length(arrayStringConcat(groupUniqArray(" column "))) < 1024, "                            \
    "[arrayStringConcat(groupUniqArray(" column "))], groupUniqArray(" column "))"

#define HEALTH_COLUMNS                                                                             \
    "packets, dns_messages, dns_responses, kernel_drops, interface_drops, unparsed, evicted, "     \
    "unstored_incidents, unstored_others"
#define HEALTH_SUMS                                                                                \
    "sum(packets), sum(dns_messages), sum(dns_responses), sum(kernel_drops), "                     \
    "sum(interface_drops), sum(unparsed), sum(evicted), sum(unstored_incidents), "                 \
    "sum(unstored_others)"
#define HEALTH_OF_THE_PERIOD FROM("health") "minute_ns >= {from_minute} AND minute_ns < {to} "

#define OUTAGES_OF_THE_PERIOD FROM("outages") "last_time_ns >= {from} AND first_time_ns < {to}"

#define IN_THE_SPAN  "time_ns >= {from} AND time_ns < {to}"
#define IN_THE_SLICE "time_ns >= {slice_from} AND time_ns < {slice_to}"
/* Of one kind of text the most frequent, over all sensors. */
#define MOST_FREQUENT                                                                              \
    "SELECT found.1, text, sum(found.2), max(found.3), sum(found.4) FROM (SELECT text, "           \
    "arrayJoin(founds) AS found FROM (SELECT text, "                                               \
    "groupArray((sensor, incidents, most, kept)) AS founds FROM ({slices}) GROUP BY text "         \
    "ORDER BY if(max(most) * " GATHER_LEAST_ROWS_SQL                                               \
    " <= sum(incidents), sum(incidents), sum(kept)) "                                              \
    "DESC, text LIMIT {tops})) GROUP BY found.1, text"
#define FREQUENT(column)                                                                           \
    "SELECT sensor, " column                                                                       \
    " AS text, sum(weight) AS incidents, max(weight) AS most, count() AS kept" FROM("incidents")   \
        IN_THE_SLICE " AND {resolvers} AND isNotNull(" column ") "                                 \
                     "GROUP BY sensor, text"
#define HOW_MANY                                                                                   \
    "SELECT '', kind.1, kind.2 FROM (SELECT arrayJoin([('qname', uniqExactMerge(qnames)), "        \
    "('client', uniqExactMerge(clients))]) AS kind FROM ({slices}))"
#define DIFFERENT                                                                                  \
    "SELECT uniqExactState(qname) AS qnames, uniqExactState(client) AS clients" FROM("incidents")  \
        IN_THE_SLICE " AND {resolvers}"
#define INTO_TEXTS(table)                                                                          \
    "INSERT INTO " table " VALUES (?1, ?2, ?3, CAST(?4 AS INTEGER), CAST(?5 AS INTEGER), "         \
    "CAST(?6 AS INTEGER))"
#define INTO_TOTALS "INSERT INTO totals VALUES (?3, CAST(?4 AS INTEGER))"

const struct fleet_query fleet_period_queries[] = {
    /* Captures. Of a live one the minutes come as their sums, at the first, and the last. */
    {"SELECT sensor, toInt64(fingerprint), name, packets, dns_messages, dns_responses, "
     "first_time_ns, last_time_ns" FROM(
         "sources") "((last_time_ns >= {from} AND first_time_ns < {to}) OR (sensor, fingerprint) "
                    "GLOBAL IN "
                    "(SELECT sensor, source FROM health WHERE minute_ns >= {from_minute} AND "
                    "minute_ns < {to}))",
     "INSERT INTO sources (run, fingerprint, name, packets, dns_messages, dns_responses, "
     "first_time_ns, last_time_ns) VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
     0, false, PERIOD_COUNT, false, NULL},
    {"SELECT sensor, toInt64(fingerprint), losses.kind, losses.reason, losses.count "
     "FROM sources FINAL ARRAY JOIN losses WHERE NOT removed AND {sensors} "
     "AND last_time_ns >= {from} AND first_time_ns < {to}",
     "INSERT OR IGNORE INTO source_losses (source, kind, reason, count) "
     "SELECT id, ?2, ?3, ?4 FROM sources WHERE fingerprint = ?1",
     0, false, PERIOD_NOW + 1, false, NULL},
    {"SELECT sensor, toInt64(source), min(minute_ns), " HEALTH_SUMS HEALTH_OF_THE_PERIOD
     "GROUP BY sensor, source",
     "INSERT INTO health (run, source, minute_ns, " HEALTH_COLUMNS ") SELECT 1, id, "
     "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM sources WHERE fingerprint = ?1",
     0, false, PERIOD_COUNT, true, NULL},
    {"SELECT sensor, toInt64(source), max(minute_ns)" HEALTH_OF_THE_PERIOD
     "GROUP BY sensor, source",
     "INSERT OR IGNORE INTO health (run, source, minute_ns, " HEALTH_COLUMNS ") SELECT 1, id, "
     "?2, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM sources WHERE fingerprint = ?1",
     0, false, PERIOD_COUNT, true, NULL},
    /* Minutes that follow each other without a gap differ from their number by the same. */
    {"SELECT sensor, min(minute), max(minute) + 60000000000 FROM (SELECT sensor, minute, "
     "intDiv(minute, 60000000000) - number AS stretch FROM (SELECT sensor, "
     "arraySort(groupUniqArray(minute_ns)) AS minutes" HEALTH_OF_THE_PERIOD "GROUP BY sensor) "
     "ARRAY JOIN minutes AS minute, arrayEnumerate(minutes) AS number) GROUP BY sensor, stretch",
     "INSERT INTO covered VALUES (?1, ?2, CAST(?3 AS INTEGER), CAST(?4 AS INTEGER))", 0, true,
     PERIOD_COUNT, true, NULL},

    /* Counters. Of resolvers by the span, of all of them together by the unit. */
    {"SELECT sensor, server, " MINUTES_SUMS FROM("{quarters}")
         ASKED_FOR("{quarter}") "GROUP BY sensor, server",
     "INSERT INTO asked VALUES (?1, ?2, NULL, ?3, ?4, ?5, ?6" GATHER_RCODES(PARAMETER) ")", 0, true,
     PERIOD_COUNT, true, NULL},
    {"SELECT '', " UNIT("{minute}", "from_minute") " AS unit, " MINUTES_SUMS FROM("{minutes}")
         ASKED_FOR("{minute}") "GROUP BY unit",
     "INSERT INTO asked VALUES (-1, ?2, ?3, NULL, ?4, ?5, ?6" GATHER_RCODES(PARAMETER) ")", 0, true,
     PERIOD_NOW + 1, true, NULL},
    {"SELECT sensor, {outer_from}, server, " MINUTES_SUMS GATHER_LATENCIES(SUM_LATENCY)
         FROM("{quarters}") "is_resolver = 0 AND {quarter} >= {outer_from} AND {quarter} < {to} "
                            "GROUP BY sensor, server",
     MINUTES_COLUMNS "(0, 0, 1, ?, ?, ?, ?, ?" GATHER_RCODES(PARAMETER)
         GATHER_LATENCIES(PARAMETER) ")",
     0, false, PERIOD_BEFORE + 1, true, NULL},
    {"SELECT sensor, resolver, cause, " FAILED_SUMS FROM("{failures}")
         FAILED_IN("{quarter}") "GROUP BY sensor, resolver, cause",
     "INSERT INTO failed VALUES (?1, ?2, NULL, ?3, ?4, ?5, ?6)", 0, true, PERIOD_COUNT, true, NULL},
    {"SELECT '', " UNIT("{minute}", "inner_from") " AS unit, cause, " FAILED_SUMS FROM(
         "{servfails}") FAILED_IN("{minute}") "GROUP BY unit, cause",
     "INSERT INTO failed VALUES (-1, ?2, ?3, NULL, ?4, ?5, ?6)", 0, true, PERIOD_NOW + 1, true,
     NULL},
    {"SELECT '', sum(incidents)" GATHER_LATENCIES(SUM_ELAPSED) FROM("{failures}")
         FAILED_IN("{quarter}") "HAVING count() > 0",
     "INSERT INTO elapsed VALUES (-1, ?2, ?3" GATHER_LATENCIES(PARAMETER) ")", 0, true,
     PERIOD_NOW + 1, true, NULL},
    {"SELECT sensor, resolver, {span_outer_from}, clients" FROM(
         "servfail_clients") "quarter_ns >= {outer_from} AND quarter_ns < {outer_to} AND "
                             "{resolvers} "
                             "GROUP BY sensor, resolver, clients",
     "INSERT INTO servfail_clients (source, run, resolver, quarter_ns, clients) "
     "VALUES (0, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET "
     "clients = sketch_merge(clients, excluded.clients)",
     1 << 2, false, PERIOD_COUNT, true, NULL},

    /* Outages. A quarter of an hour that the span cuts stays one. */
    {"SELECT sensor, outage, quarter, if(number = 1, incidents, 0), if(number = 1, kept, 0), "
     "first_ns, last_ns, sketch FROM (SELECT sensor, toInt64(outage) AS outage, "
     "if(quarter_ns >= {inner_from} AND quarter_ns < {inner_to}, toInt64({span_inner_from}), "
     "quarter_ns) AS quarter, sum(incidents) AS incidents, sum(kept) AS kept, "
     "min(first_time_ns) AS first_ns, max(last_time_ns) AS last_ns, " FEW_SKETCHES(
         "clients") " AS sketches" FROM("outage_counts") "quarter_ns >= {outer_from} AND "
                                                         "quarter_ns < {outer_to} "
                                                         "GROUP BY sensor, outage, quarter) "
                                                         "ARRAY JOIN sketches AS sketch, "
                                                         "arrayEnumerate(sketches) AS number",
     "INSERT INTO outage_counts (source, run, cached, outage, quarter_ns, incidents, kept, "
     "first_time_ns, last_time_ns, clients) VALUES (0, 1, 0, ?, ?, ?, ?, ?, ?, ?) "
     "ON CONFLICT DO UPDATE SET incidents = incidents + excluded.incidents, "
     "kept = kept + excluded.kept, first_time_ns = min(first_time_ns, excluded.first_time_ns), "
     "last_time_ns = max(last_time_ns, excluded.last_time_ns), "
     "clients = sketch_merge(clients, excluded.clients)",
     1 << 6, false, PERIOD_COUNT, true, NULL},
    {"SELECT sensor, toInt64(identity), cause, zone, resolver, first_time_ns, "
     "last_time_ns" OUTAGES_OF_THE_PERIOD,
     "INSERT INTO outages (identity, cause, zone, resolver, first_time_ns, last_time_ns) "
     "VALUES (?, ?, ?, ?, ?, ?)",
     0, false, PERIOD_COUNT, false, NULL},
    {"SELECT sensor, toInt64(identity), servers.address, servers.name FROM outages FINAL "
     "ARRAY JOIN servers WHERE NOT removed AND {sensors} AND last_time_ns >= {from} "
     "AND first_time_ns < {to}",
     "INSERT INTO outage_servers (outage, address, name) VALUES (?, ?, ?)", 0, false,
     PERIOD_BEFORE + 1, false, NULL},
    {"SELECT sensor, cause, zone, resolver, count(), max(last_time_ns)" FROM(
         "outages") "last_time_ns < {from} GROUP BY sensor, cause, zone, resolver",
     "INSERT INTO past VALUES (?1, ?2, ?3, ?4, ?5, NULL, CAST(?6 AS INTEGER), "
     "CAST(?7 AS INTEGER))",
     0, true, PERIOD_NOW + 1, false, NULL},
    {"SELECT sensor, cause, resolver, servers.address, count(), max(last_time_ns) FROM outages "
     "FINAL ARRAY JOIN servers WHERE NOT removed AND {sensors} AND last_time_ns < {from} "
     "AND isNull(zone) GROUP BY sensor, cause, resolver, servers.address",
     "INSERT INTO past VALUES (?1, ?2, ?3, NULL, ?4, ?5, CAST(?6 AS INTEGER), "
     "CAST(?7 AS INTEGER))",
     0, true, PERIOD_NOW + 1, false, NULL},

    /* Incidents where no counter tells. */
    {"SELECT sensor, toInt64(identity), toInt64(outage), time_ns, elapsed_ns, client, resolver, "
     "qname, cause, weight" FROM("incidents") IN_THE_SPAN " AND {resolvers} AND {uncounted}",
     "INSERT INTO incidents (run, source, frame, client_port, client_is_resolver, transport, "
     "message_id, rd, cd, dnssec_ok, qtype, qclass, confidence, explanation, advice, "
     "evidence_total, identity, outage, time_ns, elapsed_ns, client, resolver, qname, cause, "
     "weight) VALUES (1, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, 0, '', '', '', 0, ?, ?, ?, ?, ?, ?, ?, ?, "
     "?)",
     0, false, PERIOD_COUNT, true, NULL},
    {MOST_FREQUENT, INTO_TEXTS("names"), 0, true, PERIOD_NOW + 1, false, FREQUENT("qname")},
    {MOST_FREQUENT, INTO_TEXTS("hit"), 0, true, PERIOD_NOW + 1, false, FREQUENT("client")},
    {HOW_MANY, INTO_TOTALS, 0, true, PERIOD_NOW + 1, false, DIFFERENT},

    /* Forecasts. */
    {"SELECT sensor, toInt64(source), zone, type_covered, key_tag, algorithm, server, "
     "inception_ns, expiration_ns, first_seen_ns, last_seen_ns" FROM(
         "signatures") "first_seen_ns < {to} AND last_seen_ns >= {recently}",
     "INSERT INTO signatures (run, source, zone, type_covered, key_tag, algorithm, server, "
     "inception_ns, expiration_ns, first_seen_ns, last_seen_ns) "
     "VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     0, false, PERIOD_NOW + 1, false, NULL},
    {"SELECT sensor, toInt64(source), zone, server, server_name, nameservers, listed, outcome, "
     "since_ns, last_seen_ns" FROM("delegations") "last_seen_ns >= {from} AND since_ns < {to}",
     "INSERT INTO delegations (run, source, zone, server, server_name, nameservers, listed, "
     "outcome, since_ns, last_seen_ns) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     0, false, PERIOD_NOW + 1, false, NULL},
};
const size_t fleet_period_query_count =
    sizeof(fleet_period_queries) / sizeof(fleet_period_queries[0]);

/* What explains: {which} chooses incidents by their whole key, which all rows of one share. So it
 * may be looked at before FINAL merges, and nothing else is read of what it does not choose. */
#define OF_THE_CHOSEN "FINAL PREWHERE {which} WHERE NOT removed"
#define AT_THE_TIME   "NOT removed AND time_ns >= {first} AND time_ns < {to} AND "

/* Evidence tells captures by their numbers in the sensor's database, and what they are called. An
 * incident's own gets that number, or one that no database has. */
const struct fleet_query fleet_incident_queries[] = {
    {"SELECT sensor, evidence, source_name FROM incidents " OF_THE_CHOSEN,
     "INSERT OR IGNORE INTO sources (run, id, fingerprint, name) "
     "SELECT 1, key, key, value FROM json_each(?1, '$.sources') UNION ALL "
     "SELECT 1, free, free, ?2 FROM (SELECT max(id, 2147483648) + 1 AS free FROM "
     "(SELECT coalesce(max(id), 0) AS id FROM sources)) WHERE NOT EXISTS "
     "(SELECT 1 FROM sources WHERE name = ?2) "
     "AND NOT EXISTS (SELECT 1 FROM json_each(?1, '$.sources') WHERE value = ?2)",
     0, false, PERIOD_COUNT, false, NULL},
    {"SELECT sensor, source_name, toInt64(identity), frame, query_frame, toInt64(outage), "
     "toInt64(origin), time_ns, elapsed_ns, client, client_port, client_is_resolver, resolver, "
     "transport, message_id, rd, cd, dnssec_ok, qname, qtype, qclass, cause, confidence, zone, "
     "explanation, advice, evidence_total, weight, evidence FROM incidents " OF_THE_CHOSEN,
     "INSERT OR IGNORE INTO incidents (run, source, query_source, identity, frame, query_frame, "
     "outage, origin, time_ns, elapsed_ns, client, client_port, client_is_resolver, resolver, "
     "transport, message_id, rd, cd, dnssec_ok, qname, qtype, qclass, cause, confidence, zone, "
     "explanation, advice, evidence_total, weight, evidence) SELECT 1, id, id, ?2, ?3, ?4, ?5, "
     "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, "
     "?25, ?26, ?27, ?28 FROM sources WHERE name = ?1 LIMIT 1",
     0, false, PERIOD_COUNT, false, NULL},
};
const size_t fleet_incident_query_count =
    sizeof(fleet_incident_queries) / sizeof(fleet_incident_queries[0]);

#define PARTS_OF_THE_CHOSEN(array, part)                                                           \
    " FROM incidents FINAL ARRAY JOIN " array ", arrayEnumerate(" part ") AS seq "                 \
    "PREWHERE {which} WHERE NOT removed"

const struct fleet_query fleet_part_queries[] = {
    {"SELECT sensor, toInt64(identity), seq, ede.code, ede.text" PARTS_OF_THE_CHOSEN("ede",
                                                                                     "ede.code"),
     "INSERT OR IGNORE INTO incident_ede (incident, seq, code, text) "
     "SELECT id, ?2, ?3, ?4 FROM incidents WHERE identity = ?1",
     1 << 3, false, PERIOD_COUNT, false, NULL},
    {"SELECT sensor, toInt64(identity), seq, servers.part, servers.address, servers.name, "
     "servers.outcome" PARTS_OF_THE_CHOSEN("servers", "servers.part"),
     "INSERT OR IGNORE INTO incident_servers (incident, seq, part, address, name, outcome) "
     "SELECT id, ?2, ?3, ?4, ?5, ?6 FROM incidents WHERE identity = ?1",
     0, false, PERIOD_COUNT, false, NULL},
    {"SELECT sensor, toInt64(identity), contributing.part, contributing.cause, "
     "contributing.zone" PARTS_OF_THE_CHOSEN("contributing", "contributing.part"),
     "INSERT OR IGNORE INTO incident_contributing (incident, part, cause, zone) "
     "SELECT id, ?2, ?3, ?4 FROM incidents WHERE identity = ?1",
     0, false, PERIOD_COUNT, false, NULL},
};
const size_t fleet_part_query_count = sizeof(fleet_part_queries) / sizeof(fleet_part_queries[0]);

/* The one that explains each outage, and the latest of it. */
const struct fleet_query fleet_outages_query = {
    .select =
        "SELECT sensor, identity, time_ns FROM (SELECT sensor, identity, time_ns, outage FROM "
        "({slices}) WHERE NOT remembered ORDER BY time_ns DESC, toInt64(identity) "
        "LIMIT 1 BY sensor, outage UNION ALL "
        "SELECT sensor, identity, time_ns, outage FROM ({slices}) "
        "ORDER BY time_ns DESC, toInt64(identity) LIMIT 6 BY sensor, outage) "
        "GROUP BY sensor, identity, time_ns",
    .slice = "SELECT sensor, identity, time_ns, outage, cause = 'cached.failure' AS remembered "
             "FROM incidents FINAL WHERE NOT removed AND " IN_THE_SLICE
             " AND (sensor, assumeNotNull(outage)) IN ({outages}) AND {resolvers} "
             "ORDER BY time_ns DESC, toInt64(identity) LIMIT 6 BY sensor, outage, remembered"};

/* Those of {named}, of which the time is not known. */
const struct fleet_query fleet_named_query = {
    .select = "SELECT sensor, identity, time_ns FROM incidents WHERE " AT_THE_TIME
              "{named} GROUP BY sensor, identity, time_ns"};

/* How sensors fared with servers, of which {servers} are some. */
const struct fleet_query fleet_fared_query = {
    "SELECT sensor, server, {first}, sum(queries), sum(responses), sum(rcode_2), "
    "sum(rcode_5)" FROM(
        "minutes") "is_resolver = 0 AND {servers} "
                   "AND minute_ns >= {first} AND minute_ns <= {last} GROUP BY sensor, server",
    "INSERT INTO minutes (is_resolver, source, run, unanswered, server, minute_ns, queries, "
    "responses, rcode_2, rcode_5, rcode_0, rcode_1, rcode_3, rcode_4, rcode_6, rcode_7, rcode_8, "
    "rcode_9, rcode_10, rcode_11, rcode_12, rcode_13, rcode_14, rcode_15" GATHER_LATENCIES(
        LATENCY) ") VALUES (0, 0, 1, 0, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
                 "0" GATHER_LATENCIES(ZERO) ")",
    0,
    false,
    PERIOD_COUNT,
    false,
    NULL};

const char fleet_emptying[] =
    "DELETE FROM sources; DELETE FROM source_losses; DELETE FROM health; DELETE FROM minutes; "
    "DELETE FROM servfails; DELETE FROM servfail_clients; DELETE FROM outage_counts; "
    "DELETE FROM outages; DELETE FROM outage_servers; DELETE FROM incidents; "
    "DELETE FROM signatures; DELETE FROM delegations";

static const char *find_value(const struct fleet_value *values, size_t count, const char *name,
                              size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(values[i].name) == length && strncmp(values[i].name, name, length) == 0)
            return values[i].text;
    }
    return "";
}

static void fill_in(FILE *output, const char *sql, const struct fleet_value *values, size_t count)
{
    const char *open, *close;

    while ((open = strchr(sql, '{')) != NULL && (close = strchr(open, '}')) != NULL) {
        fwrite(sql, 1, (size_t)(open - sql), output);
        fputs(find_value(values, count, open + 1, (size_t)(close - open) - 1), output);
        sql = close + 1;
    }
    fputs(sql, output);
}

char *fleet_fill_in(const char *sql, const struct fleet_value *values, size_t count)
{
    size_t size = 0;
    char *filled = NULL;
    FILE *output = open_memstream(&filled, &size);

    if (output == NULL)
        return NULL;
    fill_in(output, sql, values, count);
    if (fclose(output) == EOF) {
        free(filled);
        return NULL;
    }
    return filled;
}
