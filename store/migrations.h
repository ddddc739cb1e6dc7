/* The database's shape in SQL: as it is now, and the steps that lead there from the versions that
 * are out there. A test holds both to the same. */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#define MIGRATIONS 4

/* What an empty database gets, which then is of version MIGRATIONS. */
extern const char newest_schema[];
/* Step n leads from version n to n + 1; the first, from an empty one, is history. */
extern const char *const migrations[MIGRATIONS];

/* The views of what stands in incidents.evidence, since version 4. */
/* clang-format off */
/* An element of a row in it, which is a text or the number of one. */
#define EVIDENCE_TEXT(n)                                                                           \
    "    iif(json_type(e.value, '$[" #n "]') = 'integer', "                                        \
    "        i.evidence ->> ('$.texts[' || (e.value ->> " #n ") || ']'), e.value ->> " #n ")"
#define EVIDENCE_VIEW                                                                              \
    "CREATE VIEW evidence AS SELECT i.id AS incident, e.key AS seq,"                               \
    "    i.time_ns + (e.value ->> 0) AS time_ns,"                                                  \
    "    i.time_ns + (e.value ->> 0) + (e.value ->> 1) AS response_time_ns,"                       \
    EVIDENCE_TEXT(2) " AS server,"                                                                 \
    EVIDENCE_TEXT(3) " AS server_name,"                                                            \
    EVIDENCE_TEXT(4) " AS zone,"                                                                   \
    EVIDENCE_TEXT(5) " AS transport,"                                                              \
    EVIDENCE_TEXT(6) " AS qname,"                                                                  \
    "    e.value ->> 7 AS qtype,"                                                                  \
    EVIDENCE_TEXT(8) " AS outcome,"                                                                \
    EVIDENCE_TEXT(9) " AS why,"                                                                    \
    "    e.value ->> 10 AS source, e.value ->> 11 AS frame,"                                       \
    "    e.value ->> 12 AS response_source, e.value ->> 13 AS response_frame"                      \
    " FROM incidents AS i, json_each(i.evidence, '$.exchanges') AS e;"
#define INCIDENT_SERVERS_VIEW                                                                      \
    "CREATE VIEW incident_servers AS SELECT i.id AS incident, e.value ->> 0 AS part, e.key AS seq,"\
    EVIDENCE_TEXT(1) " AS address,"                                                                \
    EVIDENCE_TEXT(2) " AS name,"                                                                   \
    EVIDENCE_TEXT(3) " AS outcome"                                                                 \
    " FROM incidents AS i, json_each(i.evidence, '$.servers') AS e;"
#define INCIDENT_CONTRIBUTING_VIEW                                                                 \
    "CREATE VIEW incident_contributing AS SELECT i.id AS incident, e.key + 1 AS part,"             \
    EVIDENCE_TEXT(0) " AS cause,"                                                                  \
    EVIDENCE_TEXT(1) " AS zone"                                                                    \
    " FROM incidents AS i, json_each(i.evidence, '$.contributing') AS e;"
/* clang-format on */

#endif
