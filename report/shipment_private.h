/* What the files of a shipment share: the queries that it follows and how far they are. */
#ifndef REPORT_SHIPMENT_PRIVATE_H
#define REPORT_SHIPMENT_PRIVATE_H

#include <jansson.h>

#include "report/row_binary.h"
#include "report/rows.h"
#include "report/shipment.h"
#include "report/shipped_tables.h"

/* Parameters of the queries, behind those of the position; they hold numbers. */
enum { SHIPMENT_HOUR = 10, SHIPMENT_FIRST = 11, SHIPMENT_UNTIL = 12, SHIPMENT_LIMIT = 13 };

enum stream_kind { STREAM_ROWS, STREAM_REMOVALS, STREAM_HOURS };

/* One query that is followed. A position is a JSON array: the columns that the query is ordered by,
 * of the last row; NULL: the beginning. */
struct stream {
    const struct shipped_table *table;
    enum stream_kind kind;
    unsigned position_count;
    char *into;
    sqlite3_stmt *select;
    sqlite3_stmt **arrays; /* by column */
    json_t *position;
    /* Of hours: those that have changed since `position`, and how far they are. */
    int64_t *hours;
    size_t hour_count, hour;
    bool found_hours;
    json_t *in_hour;
    char *sums; /* the statement that was given out */
};

struct shipment {
    struct database *database;
    char *sensor;
    int64_t identity, revision; /* as it was opened; what is written later is for the next round */
    struct stream *streams;
    size_t stream_count;
    struct row_binary rows;
    /* The batch that was given out. */
    struct stream *pending;
    json_t *pending_position;
    bool pending_ends; /* the query had no more rows */
};

/* -1, with the text. */
int shipment_no_memory(const struct shipment *shipment, struct error *error);
int shipment_failed(const struct shipment *shipment, struct error *error);

/* What a stream asks of the sensor's database, and what its rows are inserted into (for
 * clickhouse_insert()); to be freed. NULL: out of memory. */
char *shipment_select_sql(const struct shipped_table *table, enum stream_kind kind);
char *shipment_into_sql(const struct shipped_table *table, enum stream_kind kind);
/* Likewise what sums up the roll-up's hours of a span out of the rows that are there. */
char *shipment_sums_sql(const struct shipment *shipment, const struct shipped_table *table,
                        int64_t from_ns, int64_t to_ns);

#endif
