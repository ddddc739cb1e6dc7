/* Which tables a report has, and in which order. */
#include <string.h>

#include "report/day_tables_private.h"

static const struct table_group *const groups[] = {
    &tables_of_traffic, &tables_of_failures, &tables_over_time,
    &tables_of_servers, &tables_of_capture,
};
#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

static const struct table_kind *kind_at(size_t index)
{
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        if (index < groups[i]->count)
            return &groups[i]->kinds[index];
        index -= groups[i]->count;
    }
    return NULL;
}

const char *day_table_name(size_t index)
{
    const struct table_kind *kind = kind_at(index);

    return kind != NULL ? kind->name : NULL;
}

static int add_columns(struct table_writer *writer, const struct table_kind *kind)
{
    struct day *day = writer->day;
    struct table *table = writer->table;
    size_t more = kind->by_sensor && day->sensor_count > 1 ? day->sensor_count : 0;

    table->columns =
        day_memory_take(day->memory, (kind->column_count + more) * sizeof(*table->columns));
    if (table->columns == NULL)
        return -1;
    memcpy(table->columns, kind->columns, kind->column_count * sizeof(*table->columns));
    table->column_count = kind->column_count;
    table->sensor_column_count = more;
    /* Where there is one sensor its name says nothing. */
    for (size_t i = 0; i < kind->column_count; i++) {
        if (day->sensor_count == 1 && strcmp(table->columns[i].key, "sensor") == 0)
            table->columns[i].heading = NULL;
    }
    for (size_t i = 0; i < more; i++)
        table->columns[table->column_count++] = (struct table_column){
            day->sensors[i].name, more <= DAY_COLUMNS_MAX ? day->sensors[i].name : NULL,
            CELL_COUNT};
    return 0;
}

int day_table(struct day *day, const char *name, struct table *table, struct error *error)
{
    struct table_writer writer = {.day = day, .table = table};
    const struct table_kind *kind;

    for (size_t i = 0; (kind = kind_at(i)) != NULL; i++) {
        if (strcmp(kind->name, name) != 0)
            continue;
        *table = (struct table){.name = kind->name, .title = kind->title};
        if (add_columns(&writer, kind) < 0)
            return error_set(error, "out of memory");
        kind->fill(&writer);
        return writer.failed ? error_set(error, "out of memory") : 0;
    }
    return error_set(error, "there is no table '%s'", name);
}
