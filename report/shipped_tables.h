/* Which columns of a sensor's database become which of ClickHouse's (dist/clickhouse/schema.sql).
 * Every table there has `sensor`, `revision` and `removed` beside these. */
#ifndef REPORT_SHIPPED_TABLES_H
#define REPORT_SHIPPED_TABLES_H

#include <stdbool.h>
#include <stddef.h>

/* The version of dist/clickhouse/ that these fit. */
#define FLEET_SCHEMA_VERSION 2

/* The parameter of a roll-up's SQL that its hour is. Lower numbers are the position's. */
#define SHIPPED_HOUR "?10"

enum shipped_type {
    SHIPPED_U8 = 1,
    SHIPPED_U16 = 2,
    SHIPPED_U32 = 4,
    SHIPPED_64 = 8,
    SHIPPED_TEXT
};

struct shipped_column {
    const char *name;
    enum shipped_type type; /* an integer's is its octets */
    bool nullable;
    const char *sql; /* what it is, NULL: the column of that name */
    bool array;      /* `sql` is a query of the row's `owner` (?1), a value a row */
};

struct shipped_table {
    const char *name;
    const char *from; /* a table, or several joined */
    /* Behind `revision`, what puts rows of one revision into an order: its unique key. For a
     * roll-up, alone. */
    const char *position;
    unsigned position_count;
    /* What arrays are asked by; NULL: there are none. */
    const char *owner;
    /* When it happened: the day that it is partitioned by. NULL: it is not. */
    const char *time;
    /* A roll-up: sums by `position` of the rows of an hour, SHIPPED_HOUR, of this table. NULL:
     * none. */
    const char *of;
    /* The first `keys` of them are its key, in this order in removals, too. */
    unsigned keys;
    const struct shipped_column *columns;
    size_t column_count;
};

extern const struct shipped_table shipped_tables[];
extern const size_t shipped_table_count;

#endif
