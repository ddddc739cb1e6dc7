#include "report/day_tables_private.h"

static struct cell *add_cell(struct table_writer *writer, enum cell_kind kind)
{
    struct table *table = writer->table;
    struct cell *cells = day_memory_grow(writer->day->memory, table->cells, table->cell_count,
                                         sizeof(*table->cells));
    static struct cell nowhere;

    if (cells == NULL) {
        writer->failed = true;
        return &nowhere;
    }
    table->cells = cells;
    table->cells[table->cell_count].kind = kind;
    return &table->cells[table->cell_count++];
}

void table_put_text(struct table_writer *writer, const char *text)
{
    add_cell(writer, CELL_TEXT)->text = text;
}

void table_put_count(struct table_writer *writer, uint64_t count)
{
    add_cell(writer, CELL_COUNT)->count = count;
}

void table_put_certain(struct table_writer *writer, uint64_t count, enum day_certainty certainty)
{
    struct cell *cell = add_cell(writer, CELL_COUNT);

    cell->count = count;
    cell->certainty = certainty;
}

void table_put_count_if(struct table_writer *writer, bool known, uint64_t count)
{
    if (known)
        table_put_count(writer, count);
    else
        add_cell(writer, CELL_MISSING);
}

void table_put_share(struct table_writer *writer, double share)
{
    add_cell(writer, CELL_SHARE)->share = share;
}

void table_put_part(struct table_writer *writer, uint64_t part, uint64_t whole)
{
    table_put_share(writer, whole == 0 ? -1 : (double)part / (double)whole);
}

void table_put_time(struct table_writer *writer, int64_t time_ns)
{
    add_cell(writer, CELL_TIME)->ns = time_ns;
}

void table_put_duration(struct table_writer *writer, int64_t duration_ns)
{
    add_cell(writer, CELL_DURATION)->ns = duration_ns;
}

void table_put_identity(struct table_writer *writer, uint64_t identity)
{
    add_cell(writer, CELL_IDENTITY)->count = identity;
}

void table_put_truth(struct table_writer *writer, bool truth)
{
    add_cell(writer, CELL_TRUTH)->count = truth;
}

void table_put_sensor(struct table_writer *writer, size_t sensor)
{
    table_put_text(writer, writer->day->sensors[sensor].name);
}

void table_put_sensors(struct table_writer *writer, const uint64_t *counts)
{
    for (size_t i = 0; writer->day->sensor_count > 1 && i < writer->day->sensor_count; i++)
        table_put_count(writer, counts[i]);
}
