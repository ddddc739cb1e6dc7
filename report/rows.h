/* A prepared query read from left to right, with a sticky error: bind all, step, take each column.
 * What `report` shares among its own files about SQLite. */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/error.h"
#include "decode/address.h"
#include "decode/name.h"
#include "report/database.h"

struct rows {
    struct database *database;
    sqlite3_stmt *statement;
    int bound;  /* parameters bound so far */
    int column; /* the next column to be taken */
    int status;
    bool unreadable; /* a column held what this program does not understand */
};

/* Prepares `sql`; a failure shows at rows_next(). */
struct rows rows_query(struct database *database, const char *sql);
/* For another use of the same statement. */
void rows_reset(struct rows *rows);
void rows_end(struct rows *rows);

void rows_bind_integer(struct rows *rows, int64_t value);
/* By name (":zone"); nothing happens where the query has no such parameter. Text is borrowed. */
void rows_set_integer(struct rows *rows, const char *parameter, int64_t value);
void rows_set_text(struct rows *rows, const char *parameter, const char *text);

/* 1: a row, 0: no more, -1: `error` says why. */
int rows_next(struct rows *rows, struct error *error);

bool rows_null(const struct rows *rows); /* is the next column NULL? */
void rows_skip(struct rows *rows);
int64_t rows_integer(struct rows *rows, int64_t if_null);
/* Nanoseconds since 1970, none before or after 2116: their distances and what is added to them are
 * no overflow, whatever somebody has written there. */
int64_t rows_time(struct rows *rows, int64_t if_null);
uint64_t rows_count(struct rows *rows);
/* "" for NULL. Borrowed until the next step. */
const char *rows_text(struct rows *rows);
const void *rows_bytes(struct rows *rows, size_t *size); /* borrowed likewise */
void rows_copy(struct rows *rows, char *text, size_t size);
struct address rows_address(struct rows *rows);
struct name rows_name(struct rows *rows);

/* What belongs to an incident. X(enum, SQL), each asked with its row, KEPT with an identity. */
#define DATABASE_PARTS(X)                                                                          \
    X(EDE, "SELECT code, text FROM incident_ede WHERE incident = ? ORDER BY seq")                  \
    X(SERVERS, "SELECT part, address, name, outcome FROM incident_servers WHERE incident = ? "     \
               "ORDER BY part, seq")                                                               \
    X(CONTRIBUTING, "SELECT cause, zone FROM incident_contributing WHERE incident = ? "            \
                    "ORDER BY part")                                                               \
    X(EVIDENCE,                                                                                    \
      "SELECT time_ns, response_time_ns, server, server_name, zone, transport, qname, qtype, "     \
      "outcome, why, source, frame, response_source, response_frame FROM evidence "                \
      "WHERE incident = ? ORDER BY seq")                                                           \
    X(KEPT, "SELECT 1 FROM incidents WHERE identity = ?")

enum database_part {
#define X(id, sql) PART_##id,
    DATABASE_PARTS(X)
#undef X
        PART_COUNT
};

struct database_source {
    int64_t row;
    char *name;
};

struct database {
    sqlite3 *handle;
    char *path;
    struct database_source *sources; /* in order of their rows */
    size_t source_count;
    struct rows incidents; /* the selection */
    struct prefix clients; /* of the selection, where it is for a prefix */
    int64_t incident_row;  /* of the incident that was read last, as all that follows */
    struct rows parts[PART_COUNT];
    char sensor[256];
    char analyzer_version[64];
};

/* Reads what sources are called, anew. */
int database_load_sources(struct database *database, struct error *error);
/* For incident_context. */
const char *database_source_name(const void *database, uint32_t source);

#endif
