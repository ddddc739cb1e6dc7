/* The tables of a report, as values: each format prints the same rows. Built by day_table(). */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "report/day.h"
#include "report/page.h"

/* How a cell is read and printed. */
enum cell_kind {
    CELL_TEXT,
    CELL_COUNT,
    CELL_SHARE,    /* 0 to 1; < 0: not known */
    CELL_TIME,     /* ns; DAY_NOT_KNOWN */
    CELL_DURATION, /* ns; DAY_NOT_KNOWN */
    CELL_IDENTITY, /* 0: none */
    CELL_TRUTH,
    CELL_MISSING, /* whatever the column's kind: not known */
};

struct cell {
    enum cell_kind kind;
    union {
        const char *text; /* NULL: none */
        uint64_t count;
        double share;
        int64_t ns;
    };
    enum day_certainty certainty; /* of a count, for people; programs have it in another column */
};

struct table_column {
    const char *key;     /* of CSV */
    const char *heading; /* for people; NULL: only in CSV */
    enum cell_kind kind;
};

struct table {
    const char *name;  /* "resolvers" */
    const char *title; /* for people */
    struct table_column *columns;
    size_t column_count;
    size_t sensor_column_count; /* the last so many are figures a sensor */
    struct cell *cells;         /* row by row */
    size_t cell_count;
};

static inline size_t table_row_count(const struct table *table)
{
    return table->column_count == 0 ? 0 : table->cell_count / table->column_count;
}

/* The names of all tables, in the order of the report. NULL beyond the last. */
const char *day_table_name(size_t index);
/* The table lives as long as the model. -1: out of memory, or there is none of that name. */
int day_table(struct day *day, const char *name, struct table *table, struct error *error);

/* What a cell says to people, and to programs: "" where it is not known. Returns `text`, or the
 * cell's own text. */
#define CELL_TEXT_SIZE 64
const char *cell_for_people(const struct cell *cell, char text[CELL_TEXT_SIZE]);
const char *cell_for_programs(const struct cell *cell, char text[CELL_TEXT_SIZE]);
bool cell_is_number(enum cell_kind kind);

#endif
