/* The SQL that a shipment follows its tables by. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/clickhouse.h"
#include "report/shipment_private.h"

static void print_columns(FILE *sql, const struct shipped_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct shipped_column *column = &table->columns[i];

        if (!column->array)
            fprintf(sql, ", %s", column->sql != NULL ? column->sql : column->name);
    }
}

static void print_parameters(FILE *sql, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fprintf(sql, "%s?%u", i > 0 ? ", " : "", first + i);
}

static void print_rows_of(FILE *sql, const struct shipped_table *table)
{
    fprintf(sql, "SELECT t.revision, %s, %s, %s", table->position,
            table->owner != NULL ? table->owner : "NULL",
            table->time != NULL ? table->time : "NULL");
    print_columns(sql, table);
    fprintf(sql, " FROM %s WHERE ", table->from);
}

/* In front of the values that are shipped stand: revision, position, the arrays' owner, time. The
 * rest of a revision and what comes behind it are asked for apart: an index by revision finds its
 * place in both, and all rows that are older than revisions have one. */
static void print_rows_query(FILE *sql, const struct shipped_table *table)
{
    print_rows_of(sql, table);
    fprintf(sql, "t.revision = ?1 AND (%s) > (", table->position);
    print_parameters(sql, 2, table->position_count);
    fprintf(sql, ") UNION ALL ");
    print_rows_of(sql, table);
    fprintf(sql, "t.revision > ?1 AND t.revision <= ?12 ORDER BY 1");
    for (unsigned i = 0; i < table->position_count; i++)
        fprintf(sql, ", %u", 2 + i);
    fprintf(sql, " LIMIT ?13");
}

static void print_removals_query(FILE *sql, const struct shipped_table *table)
{
    fprintf(sql, "SELECT revision, key, NULL, %s", table->time != NULL ? "time_ns" : "NULL");
    for (unsigned i = 0; i < table->keys; i++)
        fprintf(sql, ", key ->> %u", i);
    fprintf(sql,
            " FROM removals WHERE kind = '%s' AND (revision, key) > (?1, ?2) "
            "AND revision <= ?12 ORDER BY revision, key LIMIT ?13",
            table->name);
}

/* As of now: its revision is higher than that of any row in it. */
static void print_hours_query(FILE *sql, const struct shipped_table *table)
{
    fprintf(sql, "SELECT (SELECT revision FROM ledger), %s, NULL, " SHIPPED_HOUR, table->position);
    print_columns(sql, table);
    fprintf(sql, " FROM %s WHERE ?11 OR (%s) > (", table->from, table->position);
    print_parameters(sql, 1, table->position_count);
    fprintf(sql, ") GROUP BY %s ORDER BY %s LIMIT ?13", table->position, table->position);
}

static void print_into(FILE *into, const struct shipped_table *table, size_t count)
{
    fprintf(into, "%s (sensor, revision, removed", table->name);
    for (size_t i = 0; i < count; i++)
        fprintf(into, ", %s", table->columns[i].name);
    fputs(") ", into);
}

static char *finish(FILE *stream, char **text)
{
    if (fclose(stream) != EOF)
        return *text;
    free(*text);
    return NULL;
}

char *shipment_select_sql(const struct shipped_table *table, enum stream_kind kind)
{
    static void (*const printers[])(FILE *, const struct shipped_table *) = {
        [STREAM_ROWS] = print_rows_query,
        [STREAM_REMOVALS] = print_removals_query,
        [STREAM_HOURS] = print_hours_query,
    };
    char *text = NULL;
    size_t size;
    FILE *sql = open_memstream(&text, &size);

    if (sql == NULL)
        return NULL;
    printers[kind](sql, table);
    return finish(sql, &text);
}

char *shipment_into_sql(const struct shipped_table *table, enum stream_kind kind)
{
    char *text = NULL;
    size_t size;
    FILE *into = open_memstream(&text, &size);

    if (into == NULL)
        return NULL;
    print_into(into, table, kind == STREAM_REMOVALS ? table->keys : table->column_count);
    fputs("FORMAT RowBinary", into);
    return finish(into, &text);
}

#define HOUR_NS  "3600000000000"
#define ITS_HOUR "intDiv(minute_ns, " HOUR_NS ") * " HOUR_NS

/* A roll-up's columns are its hour, sums, and those that it is summed up by. */
static bool is_hour(const struct shipped_column *column)
{
    return column->sql != NULL && strcmp(column->sql, SHIPPED_HOUR) == 0;
}

static bool is_sum(const struct shipped_column *column)
{
    return column->sql != NULL && strncmp(column->sql, "sum(", 4) == 0;
}

/* What was taken back has counts of zero, and is a roll-up of zeroes where it is all of an hour. */
static void print_sums(FILE *sql, const struct shipment *shipment,
                       const struct shipped_table *table)
{
    print_into(sql, table, table->column_count);
    fprintf(sql, "SELECT sensor, %" PRId64 ", 0", shipment->revision);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct shipped_column *column = &table->columns[i];

        fprintf(sql, ", %s",
                is_hour(column)  ? ITS_HOUR
                : is_sum(column) ? column->sql
                                 : column->name);
    }
    fprintf(sql, " FROM %s FINAL WHERE sensor = ", table->of);
    clickhouse_quote(sql, shipment->sensor, strlen(shipment->sensor));
}

static void print_summed_by(FILE *sql, const struct shipped_table *table)
{
    fputs(" GROUP BY sensor", sql);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct shipped_column *column = &table->columns[i];

        if (!is_sum(column))
            fprintf(sql, ", %s", is_hour(column) ? ITS_HOUR : column->name);
    }
}

char *shipment_sums_sql(const struct shipment *shipment, const struct shipped_table *table,
                        int64_t from_ns, int64_t to_ns)
{
    char *text = NULL;
    size_t size;
    FILE *sql = open_memstream(&text, &size);

    if (sql == NULL)
        return NULL;
    print_sums(sql, shipment, table);
    fprintf(sql, " AND minute_ns >= %" PRId64 " AND minute_ns < %" PRId64, from_ns, to_ns);
    print_summed_by(sql, table);
    return finish(sql, &text);
}
