/* The SQL that a shipment follows its tables by. */
#include <stdio.h>
#include <stdlib.h>

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

static void print_into(FILE *into, const struct shipped_table *table, enum stream_kind kind)
{
    size_t count = kind == STREAM_REMOVALS ? table->keys : table->column_count;

    fprintf(into, "%s (sensor, revision, removed", table->name);
    for (size_t i = 0; i < count; i++)
        fprintf(into, ", %s", table->columns[i].name);
    fprintf(into, ") FORMAT RowBinary");
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
    if (fclose(sql) == EOF) {
        free(text);
        return NULL;
    }
    return text;
}

char *shipment_into_sql(const struct shipped_table *table, enum stream_kind kind)
{
    char *text = NULL;
    size_t size;
    FILE *into = open_memstream(&text, &size);

    if (into == NULL)
        return NULL;
    print_into(into, table, kind);
    if (fclose(into) == EOF) {
        free(text);
        return NULL;
    }
    return text;
}
