#include "report/day_tables_private.h"

static const struct table_column source_columns[] = {
    {"source", "capture", CELL_TEXT},   {"sensor", "sensor", CELL_TEXT},
    {"packets", "packets", CELL_COUNT}, {"first", "from", CELL_TIME},
    {"last", "to", CELL_TIME},
};

static void fill_sources(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->capture.shown_source_count; i++) {
        const struct day_source *source = &writer->day->capture.sources[i];

        table_put_text(writer, source->name);
        table_put_sensor(writer, source->sensor);
        table_put_count(writer, source->packets);
        table_put_time(writer, source->first_time_ns);
        table_put_time(writer, source->last_time_ns);
    }
}

static const struct table_column loss_columns[] = {
    {"kind", "what", CELL_TEXT},
    {"reason", "why", CELL_TEXT},
    {"count", "count", CELL_COUNT},
    {"sensor", "sensor", CELL_TEXT},
};

static void fill_losses(struct table_writer *writer)
{
    for (size_t i = 0; i < writer->day->capture.loss_count; i++) {
        const struct day_loss *loss = &writer->day->capture.losses[i];

        table_put_text(writer, loss->kind);
        table_put_text(writer, loss->reason);
        table_put_count(writer, loss->count);
        table_put_sensor(writer, loss->sensor);
    }
}

static const struct table_kind kinds[] = {
    {"sources", "Captures", COLUMNS(source), false, fill_sources},
    {"losses", "What the captures lost or left out", COLUMNS(loss), false, fill_losses},
};

const struct table_group tables_of_capture = TABLE_GROUP(kinds);
