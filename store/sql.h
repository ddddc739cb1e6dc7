/* All SQL that is ever written to the database, in one place: X(enum, SQL). Data goes in by
 * parameters, in the order of the columns. Counters are lists, since they come several times: what
 * a run says of a source adds up, and takes the place of what an earlier run said of it. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

/* clang-format off */
#define MINUTE_COUNTERS(X)                                                                         \
    X(queries) X(responses) X(unanswered)                                                          \
    X(rcode_0) X(rcode_1) X(rcode_2) X(rcode_3) X(rcode_4) X(rcode_5) X(rcode_6) X(rcode_7)        \
    X(rcode_8) X(rcode_9) X(rcode_10) X(rcode_11) X(rcode_12) X(rcode_13) X(rcode_14) X(rcode_15)  \
    X(latency_0) X(latency_1) X(latency_2) X(latency_3) X(latency_4) X(latency_5) X(latency_6)     \
    X(latency_7) X(latency_8) X(latency_9) X(latency_10) X(latency_11) X(latency_12)               \
    X(latency_13) X(latency_14) X(latency_15) X(latency_16) X(latency_17) X(latency_18)            \
    X(latency_19)
#define ELAPSED_COUNTERS(X)                                                                        \
    X(elapsed_0) X(elapsed_1) X(elapsed_2) X(elapsed_3) X(elapsed_4) X(elapsed_5) X(elapsed_6)     \
    X(elapsed_7) X(elapsed_8) X(elapsed_9) X(elapsed_10) X(elapsed_11) X(elapsed_12)               \
    X(elapsed_13) X(elapsed_14) X(elapsed_15) X(elapsed_16) X(elapsed_17) X(elapsed_18)            \
    X(elapsed_19)
#define HEALTH_COUNTERS(X)                                                                         \
    X(packets) X(dns_messages) X(dns_responses) X(kernel_drops) X(interface_drops) X(unparsed)     \
    X(evicted) X(unstored_incidents) X(unstored_others)
#define COLUMN(name)    ", " #name
#define PARAMETER(name) ", ?"
#define ADD_UP(name)    ", " #name " = iif(run = excluded.run, " #name ", 0) + excluded." #name
#define ADD_UP_CLIENTS                                                                             \
    ", clients = iif(run = excluded.run, sketch_merge(clients, excluded.clients), excluded.clients)"
#define TAKE_OFF(name) ", " #name " = " #name " - ?"
#define UNLESS_NEWER " WHERE excluded.run >= run"
#define OR_RENEW     "DO UPDATE SET revision = excluded.revision, run = excluded.run"
/* What waits in memory (store/waiting.h) has the columns of the table that it goes into, in their
 * order: SQLite need not move them. */
#define WAITING_MINUTES                                                                            \
    "minute_ns, server, is_resolver, source, run" MINUTE_COUNTERS(COLUMN) ", revision"
#define WAITING_SERVERS "outage, address, name"
/* What a source gave earlier and not any more is told to who follows the database, by its key as
 * others know it. */
#define REMOVE(table, key, time)                                                                   \
    "INSERT OR REPLACE INTO removals (revision, kind, key, time_ns) SELECT revision(), '" table    \
    "', json_array(" key "), " time " FROM " table
#define FINGERPRINT "(SELECT fingerprint FROM sources WHERE id = source)"
#define BEFORE_RUN  " WHERE source = ? AND run < ?"
/* There are many of them, in the order of time: they are not looked for outside of the capture. */
#define IN_THE_CAPTURE " AND minute_ns >= ? AND minute_ns <= ?"
/* Has a sight its row, or its zone some and not yet many? What an earlier reading of the same source
 * left, or was seen later, does not count: the first reading did not find it. */
#define SEEN(table)                                                                                \
    "FROM " table " WHERE zone = ?1 AND (run = ?2 OR (source <> ?3 AND last_seen_ns <= ?4))"
#define KNOWS(table, key)                                                                          \
    "SELECT EXISTS (SELECT 1 " SEEN(table) key ") OR "                                             \
    "(SELECT count(*) FROM (SELECT 1 " SEEN(table) " LIMIT 16)) BETWEEN 1 AND 15"
#define EMPTY_OUTAGES                                                                              \
    "stale AND NOT EXISTS "                                                                        \
    "(SELECT 1 FROM outage_counts WHERE outage = outages.identity AND incidents > 0)"

#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(DATA_VERSION, "PRAGMA data_version")                                                         \
    X(REVISE, "UPDATE ledger SET revision = max(revision + 1, ?) RETURNING revision")              \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(ADD_RUN, "INSERT INTO runs (analyzer_version, sensor, begun_ns) VALUES (?, ?, ?) "           \
               "RETURNING id")                                                                     \
    X(FINISH_RUN, "UPDATE runs SET finished = 1 WHERE id = ?")                                     \
    X(FIND_SOURCE, /* a run that was cut off did not say when its packets were */                  \
      "SELECT iif(finished, first_time_ns, NULL), iif(finished, last_time_ns, NULL) "              \
      "FROM sources JOIN runs ON runs.id = run WHERE fingerprint = ?")                             \
    X(BEGIN_SOURCE, "INSERT INTO sources (revision, fingerprint, run, name) VALUES (revision(), "  \
                    "?, ?, ?) "                                                                    \
                    "ON CONFLICT (fingerprint) DO UPDATE SET revision = excluded.revision, run "   \
                    "= max(run, excluded.run), "                                                   \
                    "name = excluded.name RETURNING id")                                           \
    X(SET_HEALTH, "UPDATE sources SET revision = revision(), packets = ?, dns_messages = ?, "      \
                  "dns_responses = ?, "                                                            \
                  "first_time_ns = ?, last_time_ns = ? WHERE id = ?")                              \
    X(CLEAR_LOSSES, "DELETE FROM source_losses WHERE source = ?")                                  \
    X(ADD_LOSS, "INSERT INTO source_losses (source, kind, reason, count) VALUES (?, ?, ?, ?)")     \
    X(FIND_INCIDENT, "SELECT id, run, source, outage, resolver, time_ns, elapsed_ns, "             \
                     "i.cause = 'cached.failure', coalesce((SELECT cause FROM outages "            \
                     "WHERE outages.identity = outage), i.cause) FROM incidents AS i "             \
                     "WHERE identity = ?")                                                         \
    X(DELETE_INCIDENT, "DELETE FROM incidents WHERE id = ?")                                       \
    X(ADD_INCIDENT,                                                                                \
      "INSERT INTO incidents (revision, identity, run, source, frame, query_source, "              \
      "query_frame, outage, "                                                                      \
      "origin, time_ns, elapsed_ns, client, client_port, client_is_resolver, resolver, "           \
      "transport, message_id, rd, cd, dnssec_ok, qname, qtype, qclass, cause, confidence, zone, "  \
      "explanation, advice, evidence_total, evidence, weight) VALUES (revision(), "                \
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) " \
      "ON CONFLICT (identity) DO NOTHING")                                                         \
    X(ADD_EDE, "INSERT INTO incident_ede (incident, seq, code, text) VALUES (?, ?, ?, ?)")         \
    X(FIND_OUTAGE, /* and what of it this run has counted in the hour, or at all */                \
      "SELECT cause, first_time_ns, last_time_ns, (SELECT coalesce(sum(incidents), 0) "            \
      "FROM outage_counts WHERE outage = ?1 AND quarter_ns >= ?2 "                                 \
      "AND quarter_ns < ?2 + 3600000000000 AND run = ?3), (SELECT run FROM outage_counts "         \
      "WHERE outage = ?1 ORDER BY quarter_ns DESC LIMIT 1) = ?3 FROM outages WHERE identity = ?1") \
    X(ADD_OUTAGE, "INSERT INTO outages (revision, identity, cause, zone, resolver, "               \
                  "first_time_ns, "                                                                \
                  "last_time_ns) VALUES (revision(), ?1, ?2, ?3, ?4, ?5, ?5) "                     \
                  "ON CONFLICT DO NOTHING")                                                        \
    X(NAME_OUTAGE, "UPDATE outages SET revision = revision(), cause = ?2, zone = ?3 WHERE "        \
                   "identity = ?1")                                                                \
    X(EXTEND_OUTAGE, "UPDATE outages SET revision = revision(), first_time_ns = ?2, "              \
                     "last_time_ns = ?3 "                                                          \
                     "WHERE identity = ?1")                                                        \
    X(COUNT_OUTAGE,                                                                                \
      "INSERT INTO outage_counts (revision, outage, quarter_ns, source, run, incidents, cached, "  \
      "kept, "                                                                                     \
      "first_time_ns, last_time_ns, clients) VALUES (revision(), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "   \
      "ON CONFLICT " OR_RENEW ADD_UP(incidents) ADD_UP(cached) ADD_UP(kept)                        \
      ", first_time_ns = iif(run = excluded.run, min(first_time_ns, excluded.first_time_ns), "     \
      "excluded.first_time_ns)"                                                                    \
      ", last_time_ns = iif(run = excluded.run, max(last_time_ns, excluded.last_time_ns), "        \
      "excluded.last_time_ns)" ADD_UP_CLIENTS UNLESS_NEWER)                                        \
    X(COUNT_SERVFAILS,                                                                             \
      "INSERT INTO servfails (revision, minute_ns, resolver, cause, cached, source, run, "         \
      "incidents"                                                                                  \
      ELAPSED_COUNTERS(COLUMN) ") VALUES (revision(), ?, ?, ?, ?, ?, ?, ?"                         \
      ELAPSED_COUNTERS(PARAMETER)                                                                  \
      ") ON CONFLICT " OR_RENEW ADD_UP(incidents) ELAPSED_COUNTERS(ADD_UP)                         \
      UNLESS_NEWER)                                                                                \
    X(COUNT_CLIENTS,                                                                               \
      "INSERT INTO servfail_clients (revision, quarter_ns, resolver, source, run, clients) "       \
      "VALUES (revision(), ?, ?, ?, ?, ?) ON CONFLICT " OR_RENEW                                   \
      ADD_UP_CLIENTS                                                                               \
      UNLESS_NEWER)                                                                                \
    X(UNCOUNT_OUTAGE, "UPDATE outage_counts SET revision = revision(), incidents = incidents - "   \
                      "1, cached = cached - ?, "                                                   \
                      "kept = kept - 1 WHERE outage = ? AND quarter_ns = ? AND source = ? "        \
                      "AND run = ?")                                                               \
    X(UNCOUNT_SERVFAIL,                                                                            \
      "UPDATE servfails SET revision = revision(), incidents = incidents - 1"                      \
      ELAPSED_COUNTERS(TAKE_OFF)                                                                   \
      " WHERE minute_ns = ? AND resolver = ? AND cause = ? AND cached = ? AND source = ? "         \
      "AND run = ?")                                                                               \
    X(ADD_OUTAGE_SERVERS, "INSERT OR IGNORE INTO outage_servers (" WAITING_SERVERS ") "            \
                          "SELECT " WAITING_SERVERS " FROM waiting_servers")                       \
    X(OPEN_OUTAGES, "SELECT identity, cause, zone, resolver, first_time_ns, last_time_ns, "        \
                    "(SELECT sum(incidents) FROM outage_counts WHERE outage = identity) "          \
                    "FROM outages WHERE last_time_ns >= ? ORDER BY last_time_ns, identity")        \
    X(SERVERS_OF_OUTAGE, "SELECT address, name FROM outage_servers WHERE outage = ? "              \
                         "ORDER BY address LIMIT ?")                                               \
    X(MARK_OUTAGE, "UPDATE outages SET stale = 1 WHERE identity = ?")                              \
    X(ADD_MINUTES, "INSERT INTO minutes (" WAITING_MINUTES ") SELECT " WAITING_MINUTES             \
                   " FROM waiting_minutes WHERE true ON CONFLICT " OR_RENEW MINUTE_COUNTERS(ADD_UP) \
                   UNLESS_NEWER)                                                                   \
    X(ADD_HEALTH,                                                                                  \
      "INSERT INTO health (revision, minute_ns, source, run" HEALTH_COUNTERS(COLUMN)               \
      ") VALUES (revision(), ?, ?, ?" HEALTH_COUNTERS(PARAMETER)                                   \
      ") ON CONFLICT " OR_RENEW HEALTH_COUNTERS(ADD_UP) UNLESS_NEWER)                              \
    X(KNOWS_SIGNATURE,                                                                             \
      KNOWS("signatures",                                                                          \
            " AND type_covered = ?5 AND key_tag = ?6 AND algorithm = ?7 AND server = ?8"))         \
    X(KNOWS_DELEGATION, KNOWS("delegations", " AND server = ?5"))                                  \
    X(ADD_SIGNATURE,                                                                               \
      "INSERT INTO signatures (revision, zone, type_covered, key_tag, algorithm, server, "         \
      "source, run, "                                                                              \
      "inception_ns, expiration_ns, first_seen_ns, last_seen_ns) "                                 \
      "VALUES (revision(), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10) ON CONFLICT DO UPDATE "   \
      "SET "                                                                                       \
      "inception_ns = iif(run = excluded.run AND expiration_ns > excluded.expiration_ns, "         \
      "inception_ns, excluded.inception_ns), "                                                     \
      "expiration_ns = iif(run = excluded.run, max(expiration_ns, excluded.expiration_ns), "       \
      "excluded.expiration_ns), "                                                                  \
      "first_seen_ns = iif(run = excluded.run, min(first_seen_ns, excluded.first_seen_ns), "       \
      "excluded.first_seen_ns), "                                                                  \
      "last_seen_ns = iif(run = excluded.run, max(last_seen_ns, excluded.last_seen_ns), "          \
      "excluded.last_seen_ns), revision = excluded.revision, run = excluded.run" UNLESS_NEWER)     \
    X(ADD_DELEGATION, /* how it stood in another source before, it has stood since then */         \
      "INSERT INTO delegations (revision, zone, server, source, run, server_name, listed, "        \
      "outcome, "                                                                                  \
      "since_ns, last_seen_ns, nameservers) VALUES (revision(), ?1, ?2, ?3, ?4, ?5, ?6, ?7, "      \
      "coalesce((SELECT "                                                                          \
      "iif(outcome = ?7, since_ns, NULL) FROM delegations WHERE zone = ?1 AND server = ?2 "        \
      "AND source <> ?3 AND last_seen_ns <= ?8 ORDER BY last_seen_ns DESC LIMIT 1), ?8), ?8, ?9) " \
      "ON CONFLICT DO UPDATE SET server_name = excluded.server_name, listed = excluded.listed, "   \
      "nameservers = excluded.nameservers, "                                                       \
      "since_ns = iif(run = excluded.run AND outcome = excluded.outcome, since_ns, "               \
      "iif(run = excluded.run, excluded.last_seen_ns, excluded.since_ns)), "                       \
      "outcome = excluded.outcome, last_seen_ns = excluded.last_seen_ns, revision = "              \
      "excluded.revision, run = excluded.run"                                                      \
      UNLESS_NEWER)                                                                                \
    X(MARK_OUTAGES, "UPDATE outages SET stale = 1 WHERE identity IN "                              \
                    "(SELECT outage FROM outage_counts WHERE source = ?)")                         \
    X(REMOVE_OLD_MINUTES,                                                                          \
      REMOVE("minutes", "is_resolver, server, minute_ns, " FINGERPRINT, "minute_ns") BEFORE_RUN    \
      IN_THE_CAPTURE)                                                                              \
    X(DELETE_OLD_MINUTES, "DELETE FROM minutes" BEFORE_RUN IN_THE_CAPTURE)                         \
    X(REMOVE_OLD_COUNTS,                                                                           \
      REMOVE("outage_counts", "outage, quarter_ns, " FINGERPRINT, "quarter_ns") BEFORE_RUN)        \
    X(DELETE_OLD_COUNTS, "DELETE FROM outage_counts WHERE source = ? AND run < ?")                 \
    X(REMOVE_OLD_SERVFAILS,                                                                        \
      REMOVE("servfails", "resolver, cause, cached, minute_ns, " FINGERPRINT, "minute_ns")         \
      BEFORE_RUN)                                                                                  \
    X(DELETE_OLD_SERVFAILS, "DELETE FROM servfails WHERE source = ? AND run < ?")                  \
    X(REMOVE_OLD_CLIENTS,                                                                          \
      REMOVE("servfail_clients", "resolver, quarter_ns, " FINGERPRINT, "quarter_ns") BEFORE_RUN)   \
    X(DELETE_OLD_CLIENTS, "DELETE FROM servfail_clients WHERE source = ? AND run < ?")             \
    X(REMOVE_OLD_SIGNATURES,                                                                       \
      REMOVE("signatures", "zone, type_covered, key_tag, algorithm, server, " FINGERPRINT,         \
      "last_seen_ns") BEFORE_RUN)                                                                  \
    X(DELETE_OLD_SIGNATURES, "DELETE FROM signatures WHERE source = ? AND run < ?")                \
    X(REMOVE_OLD_DELEGATIONS,                                                                      \
      REMOVE("delegations", "zone, server, " FINGERPRINT, "last_seen_ns") BEFORE_RUN)              \
    X(DELETE_OLD_DELEGATIONS, "DELETE FROM delegations WHERE source = ? AND run < ?")              \
    X(REMOVE_OLD_HEALTH,                                                                           \
      REMOVE("health", FINGERPRINT ", minute_ns", "minute_ns") BEFORE_RUN)                         \
    X(DELETE_OLD_HEALTH, "DELETE FROM health WHERE source = ? AND run < ?")                        \
    X(REMOVE_OLD_INCIDENTS,                                                                        \
      REMOVE("incidents", "time_ns, identity", "time_ns") BEFORE_RUN)                              \
    X(DELETE_OLD_INCIDENTS, "DELETE FROM incidents WHERE source = ? AND run < ?")                  \
    X(REMOVE_EMPTY_OUTAGES,                                                                        \
      REMOVE("outages", "identity", "last_time_ns") " WHERE " EMPTY_OUTAGES)                       \
    X(REMOVE_EMPTY_COUNTS,                                                                         \
      REMOVE("outage_counts", "outage, quarter_ns, " FINGERPRINT, "quarter_ns")                    \
      " WHERE outage IN (SELECT identity FROM outages WHERE " EMPTY_OUTAGES ")")                   \
    X(DELETE_EMPTY_OUTAGES,                                                                        \
      "DELETE FROM outages WHERE " EMPTY_OUTAGES)                                                  \
    X(CLEAR_OUTAGE_SERVERS, "DELETE FROM outage_servers WHERE outage IN "                          \
                            "(SELECT identity FROM outages WHERE stale)")                          \
    X(COLLECT_OUTAGE_SERVERS,                                                                      \
      "INSERT OR IGNORE INTO outage_servers (outage, address, name) "                              \
      "SELECT outages.identity, address, name FROM outages "                                       \
      "JOIN incidents ON incidents.outage = outages.identity "                                     \
      "JOIN incident_servers ON incident = incidents.id AND part = 0 WHERE stale")                 \
    X(RECOUNT_OUTAGES,                                                                             \
      "UPDATE outages SET revision = revision(), stale = 0, first_time_ns = (SELECT "              \
      "min(first_time_ns) FROM "                                                                   \
      "outage_counts WHERE outage = outages.identity AND incidents > 0), last_time_ns = "          \
      "(SELECT max(last_time_ns) FROM outage_counts WHERE outage = outages.identity "              \
      "AND incidents > 0) WHERE stale")                                                            \
    X(OLDEST,                                                                                      \
      "SELECT min(t) FROM (SELECT min(time_ns) AS t FROM incidents UNION ALL SELECT "              \
      "min(minute_ns) FROM minutes UNION ALL SELECT min(quarter_ns) FROM outage_counts "           \
      "UNION ALL SELECT min(minute_ns) FROM servfails UNION ALL SELECT min(quarter_ns) "           \
      "FROM servfail_clients UNION ALL SELECT min(minute_ns) FROM health UNION ALL SELECT "        \
      "min(last_seen_ns) FROM signatures UNION ALL SELECT min(last_seen_ns) FROM "                 \
      "delegations UNION ALL SELECT min(last_time_ns) FROM outages)")                              \
    X(TRIM_INCIDENTS,                                                                              \
      "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE time_ns < ? ORDER "       \
      "BY time_ns LIMIT 200)")                                                                     \
    X(TRIM_MINUTES,                                                                                \
      "DELETE FROM minutes WHERE minute_ns < min(?1, coalesce((SELECT minute_ns + 1 FROM "         \
      "minutes ORDER BY minute_ns LIMIT 1 OFFSET 500), ?1))")                                      \
    X(TRIM_COUNTS,                                                                                 \
      "DELETE FROM outage_counts WHERE quarter_ns < min(?1, coalesce((SELECT quarter_ns + "        \
      "1 FROM outage_counts ORDER BY quarter_ns LIMIT 1 OFFSET 500), ?1))")                        \
    X(TRIM_SERVFAILS,                                                                              \
      "DELETE FROM servfails WHERE minute_ns < min(?1, coalesce((SELECT minute_ns + 1 FROM "       \
      "servfails ORDER BY minute_ns LIMIT 1 OFFSET 500), ?1))")                                    \
    X(TRIM_CLIENTS,                                                                                \
      "DELETE FROM servfail_clients WHERE quarter_ns < min(?1, coalesce((SELECT quarter_ns "       \
      "+ 1 FROM servfail_clients ORDER BY quarter_ns LIMIT 1 OFFSET 500), ?1))")                   \
    X(TRIM_HEALTH,                                                                                 \
      "DELETE FROM health WHERE minute_ns < min(?1, coalesce((SELECT minute_ns + 1 FROM "          \
      "health ORDER BY minute_ns LIMIT 1 OFFSET 500), ?1))")                                       \
    X(TRIM_SIGNATURES,                                                                             \
      "DELETE FROM signatures WHERE last_seen_ns < min(?1, coalesce((SELECT last_seen_ns + "       \
      "1 FROM signatures ORDER BY last_seen_ns LIMIT 1 OFFSET 500), ?1))")                         \
    X(TRIM_DELEGATIONS,                                                                            \
      "DELETE FROM delegations WHERE last_seen_ns < min(?1, coalesce((SELECT last_seen_ns "        \
      "+ 1 FROM delegations ORDER BY last_seen_ns LIMIT 1 OFFSET 500), ?1))")                      \
    X(TRIM_OUTAGES,                                                                                \
      "DELETE FROM outages WHERE identity IN (SELECT identity FROM outages WHERE "                 \
      "last_time_ns < ? ORDER BY last_time_ns LIMIT 200)")                                         \
    X(TRIM_REMOVALS, "DELETE FROM removals WHERE time_ns < ?")                                     \
    X(TRIM_SOURCES,                                                                                \
      "DELETE FROM sources WHERE last_time_ns < ?1 AND NOT EXISTS (SELECT 1 FROM incidents "       \
      "WHERE source = sources.id) AND NOT EXISTS (SELECT 1 FROM minutes WHERE minute_ns < ?1)")
/* clang-format on */

enum statement_id {
#define X(id, sql) SQL_##id,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
};

#endif
