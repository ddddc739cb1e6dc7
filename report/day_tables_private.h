/* Inside of table.h, for the files of day_tables.c: which tables there are, a group a file, and
 * what writes their cells. A table is its columns and a function that puts a cell for each of them,
 * row by row. */
#ifndef REPORT_DAY_TABLES_PRIVATE_H
#define REPORT_DAY_TABLES_PRIVATE_H

#include "report/day_memory.h"
#include "report/table.h"

/* What the cells go to. `failed`: out of memory, which whoever puts need not look at. */
struct table_writer {
    struct day *day;
    struct table *table;
    bool failed;
};

struct table_kind {
    const char *name;
    const char *title;
    const struct table_column *columns;
    size_t column_count;
    bool by_sensor; /* with a column a sensor: table_put_sensors() ends each row */
    void (*fill)(struct table_writer *writer);
};

#define COLUMNS(of) of##_columns, sizeof(of##_columns) / sizeof(of##_columns[0])

struct table_group {
    const struct table_kind *kinds;
    size_t count;
};
#define TABLE_GROUP(kinds)                                                                         \
    {                                                                                              \
        kinds, sizeof(kinds) / sizeof((kinds)[0])                                                  \
    }

extern const struct table_group tables_of_traffic;  /* what was asked and answered, of whom */
extern const struct table_group tables_of_failures; /* whose fault, which outages, who was hit */
extern const struct table_group tables_over_time;   /* how long it took, and when it was */
extern const struct table_group tables_of_servers;  /* how they do, and what will fail next */
extern const struct table_group tables_of_capture;  /* what all of it stands on */

/* The next cell. */
void table_put_text(struct table_writer *writer, const char *text);
void table_put_count(struct table_writer *writer, uint64_t count);
void table_put_certain(struct table_writer *writer, uint64_t count, enum day_certainty certainty);
void table_put_count_if(struct table_writer *writer, bool known, uint64_t count);
void table_put_share(struct table_writer *writer, double share);
void table_put_part(struct table_writer *writer, uint64_t part, uint64_t whole);
void table_put_time(struct table_writer *writer, int64_t time_ns);
void table_put_duration(struct table_writer *writer, int64_t duration_ns);
void table_put_identity(struct table_writer *writer, uint64_t identity);
void table_put_truth(struct table_writer *writer, bool truth);
void table_put_sensor(struct table_writer *writer, size_t sensor);
/* A cell a sensor, where there are several. */
void table_put_sensors(struct table_writer *writer, const uint64_t *counts);

#endif
