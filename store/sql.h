/* All SQL that is ever written to the database, in one place: X(enum, SQL). Data goes in by
 * parameters, in the order of the columns. The counters of a minute are one list, since they come
 * four times. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

/* clang-format off */
#define MINUTE_COUNTERS(X)                                                                         \
    X(queries) X(responses) X(unanswered)                                                          \
    X(rcode_0) X(rcode_1) X(rcode_2) X(rcode_3) X(rcode_4) X(rcode_5) X(rcode_6) X(rcode_7)        \
    X(rcode_8) X(rcode_9) X(rcode_10) X(rcode_11) X(rcode_12) X(rcode_13) X(rcode_14) X(rcode_15)  \
    X(latency_0) X(latency_1) X(latency_2) X(latency_3) X(latency_4) X(latency_5) X(latency_6)     \
    X(latency_7) X(latency_8) X(latency_9) X(latency_10) X(latency_11) X(latency_12)               \
    X(latency_13) X(latency_14) X(latency_15) X(latency_16) X(latency_17) X(latency_18)        \
    X(latency_19)
#define COLUMN(name)    ", " #name
#define PARAMETER(name) ", ?"
#define ADD_UP(name)    ", " #name " = iif(run = excluded.run, " #name ", 0) + excluded." #name

#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ADD_RUN, "INSERT INTO runs (analyzer_version, sensor) VALUES (?, ?) RETURNING id")           \
    X(FINISH_RUN, "UPDATE runs SET finished = 1 WHERE id = ?")                                     \
    X(BEGIN_SOURCE, "INSERT INTO sources (fingerprint, run, name) VALUES (?, ?, ?) "               \
                    "ON CONFLICT (fingerprint) DO UPDATE SET run = max(run, excluded.run), "       \
                    "name = excluded.name RETURNING id")                                           \
    X(SET_HEALTH, "UPDATE sources SET packets = ?, dns_messages = ?, dns_responses = ?, "          \
                  "first_time_ns = ?, last_time_ns = ? WHERE id = ?")                              \
    X(CLEAR_LOSSES, "DELETE FROM source_losses WHERE source = ?")                                  \
    X(ADD_LOSS, "INSERT INTO source_losses (source, kind, reason, count) VALUES (?, ?, ?, ?)")     \
    X(FIND_INCIDENT, "SELECT id, outage, run FROM incidents WHERE identity = ?")                   \
    X(DELETE_INCIDENT, "DELETE FROM incidents WHERE id = ?")                                       \
    X(ADD_INCIDENT,                                                                                \
      "INSERT INTO incidents (identity, run, source, frame, query_source, query_frame, outage, "   \
      "origin, time_ns, elapsed_ns, client, client_port, client_is_resolver, resolver, "           \
      "transport, message_id, rd, cd, dnssec_ok, qname, qtype, qclass, cause, confidence, zone, "  \
      "explanation, advice, evidence_total) VALUES "                                               \
      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")      \
    X(ADD_EDE, "INSERT INTO incident_ede (incident, seq, code, text) VALUES (?, ?, ?, ?)")         \
    X(ADD_CONTRIBUTING,                                                                            \
      "INSERT INTO incident_contributing (incident, part, cause, zone) VALUES (?, ?, ?, ?)")       \
    X(ADD_SERVER, "INSERT INTO incident_servers (incident, part, seq, address, name, outcome) "    \
                  "VALUES (?, ?, ?, ?, ?, ?)")                                                     \
    X(ADD_EVIDENCE,                                                                                \
      "INSERT INTO evidence (incident, seq, time_ns, response_time_ns, server, server_name, "      \
      "zone, transport, qname, qtype, outcome, why, source, frame, response_source, "              \
      "response_frame) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                   \
    X(COUNT_OUTAGE,                                                                                \
      "INSERT INTO outages (identity, cause, zone, resolver, first_time_ns, last_time_ns, "        \
      "incidents, clients) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, sketch_add(NULL, ?6)) "              \
      "ON CONFLICT (identity) DO UPDATE SET cause = excluded.cause, zone = excluded.zone, "        \
      "first_time_ns = min(first_time_ns, excluded.first_time_ns), "                               \
      "last_time_ns = max(last_time_ns, excluded.last_time_ns), incidents = incidents + 1, "       \
      "clients = sketch_add(clients, ?6)")                                                         \
    X(ADD_OUTAGE_SERVER,                                                                           \
      "INSERT OR IGNORE INTO outage_servers (outage, address, name) VALUES (?, ?, ?)")             \
    X(MARK_OUTAGE, "UPDATE outages SET stale = 1 WHERE identity = ?")                              \
    X(ADD_MINUTE,                                                                                  \
      "INSERT INTO minutes (minute_ns, server, is_resolver, source, run"                           \
      MINUTE_COUNTERS(COLUMN) ") VALUES (?, ?, ?, ?, ?" MINUTE_COUNTERS(PARAMETER)                 \
      ") ON CONFLICT DO UPDATE SET run = excluded.run" MINUTE_COUNTERS(ADD_UP)                     \
      " WHERE excluded.run >= run")                                                                \
    X(DELETE_OLD_MINUTES, "DELETE FROM minutes WHERE source = ? AND run < ?")                      \
    X(MARK_OLD_OUTAGES, "UPDATE outages SET stale = 1 WHERE identity IN "                          \
                        "(SELECT outage FROM incidents WHERE source = ? AND run < ?)")             \
    X(DELETE_OLD_INCIDENTS, "DELETE FROM incidents WHERE source = ? AND run < ?")                  \
    X(DELETE_EMPTY_OUTAGES, "DELETE FROM outages WHERE stale AND NOT EXISTS "                      \
                            "(SELECT 1 FROM incidents WHERE outage = outages.identity)")           \
    X(CLEAR_OUTAGE_SERVERS, "DELETE FROM outage_servers WHERE outage IN "                          \
                            "(SELECT identity FROM outages WHERE stale)")                          \
    X(COLLECT_OUTAGE_SERVERS,                                                                      \
      "INSERT OR IGNORE INTO outage_servers (outage, address, name) "                              \
      "SELECT outages.identity, address, name FROM outages "                                       \
      "JOIN incidents ON incidents.outage = outages.identity "                                     \
      "JOIN incident_servers ON incident = incidents.id AND part = 0 WHERE stale")                 \
    X(RECOUNT_OUTAGES,                                                                             \
      "UPDATE outages SET stale = 0, "                                                             \
      "first_time_ns = (SELECT min(time_ns) FROM incidents WHERE outage = outages.identity), "     \
      "last_time_ns = (SELECT max(time_ns) FROM incidents WHERE outage = outages.identity), "      \
      "incidents = (SELECT count(*) FROM incidents WHERE outage = outages.identity), "             \
      "clients = (SELECT sketch(client) FROM incidents WHERE outage = outages.identity) "          \
      "WHERE stale")
/* clang-format on */

enum statement_id {
#define X(id, sql) SQL_##id,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
};

#endif
