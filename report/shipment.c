#include "report/shipment.h"

#include <stdlib.h>
#include <string.h>

#include "report/shipment_private.h"

int shipment_no_memory(const struct shipment *shipment, struct error *error)
{
    return error_set(error, "%s: out of memory", shipment->database->path);
}

int shipment_failed(const struct shipment *shipment, struct error *error)
{
    return error_set(error, "%s: %s", shipment->database->path,
                     sqlite3_errmsg(shipment->database->handle));
}

static int prepare(struct shipment *shipment, const char *sql, sqlite3_stmt **statement,
                   struct error *error)
{
    if (sqlite3_prepare_v2(shipment->database->handle, sql, -1, statement, NULL) != SQLITE_OK)
        return shipment_failed(shipment, error);
    return 0;
}

static int prepare_select(struct shipment *shipment, struct stream *stream, struct error *error)
{
    char *sql = shipment_select_sql(stream->table, stream->kind);
    int status;

    stream->into = shipment_into_sql(stream->table, stream->kind);
    status = sql == NULL || stream->into == NULL ? shipment_no_memory(shipment, error)
                                                 : prepare(shipment, sql, &stream->select, error);
    free(sql);
    return status;
}

static int open_stream(struct shipment *shipment, const struct shipped_table *table,
                       enum stream_kind kind, struct error *error)
{
    struct stream *stream = &shipment->streams[shipment->stream_count++];

    *stream = (struct stream){.table = table, .kind = kind};
    stream->position_count = kind == STREAM_REMOVALS ? 2
                             : kind == STREAM_ROWS   ? 1 + table->position_count
                                                     : table->position_count;
    stream->arrays = calloc(table->column_count, sizeof(stream->arrays[0]));
    if (stream->arrays == NULL)
        return shipment_no_memory(shipment, error);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct shipped_column *column = &table->columns[i];

        if (column->array && kind == STREAM_ROWS &&
            prepare(shipment, column->sql, &stream->arrays[i], error) < 0)
            return -1;
    }
    return prepare_select(shipment, stream, error);
}

/* Roll-ups come after what they sum up. */
static int open_streams(struct shipment *shipment, struct error *error)
{
    shipment->streams = calloc(2 * shipped_table_count, sizeof(shipment->streams[0]));
    if (shipment->streams == NULL)
        return shipment_no_memory(shipment, error);
    for (size_t i = 0; i < shipped_table_count; i++) {
        const struct shipped_table *table = &shipped_tables[i];

        if (table->of != NULL) {
            if (open_stream(shipment, table, STREAM_HOURS, error) < 0)
                return -1;
        } else if (open_stream(shipment, table, STREAM_ROWS, error) < 0 ||
                   open_stream(shipment, table, STREAM_REMOVALS, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static void close_stream(struct stream *stream)
{
    sqlite3_finalize(stream->select);
    for (size_t i = 0; stream->arrays != NULL && i < stream->table->column_count; i++)
        sqlite3_finalize(stream->arrays[i]);
    free(stream->arrays);
    free(stream->into);
    free(stream->hours);
    free(stream->sums);
    json_decref(stream->position);
    json_decref(stream->in_hour);
}

static int ask_ledger(struct shipment *shipment, struct error *error)
{
    struct rows rows = rows_query(shipment->database, "SELECT identity, revision FROM ledger");
    int status = rows_next(&rows, error);

    if (status == 1) {
        shipment->identity = rows_integer(&rows, 0);
        shipment->revision = rows_integer(&rows, 0);
    } else if (status == 0) {
        status = error_set(error, "%s: has lost its ledger", shipment->database->path);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int find_sensor(struct shipment *shipment, struct error *error)
{
    struct rows rows =
        rows_query(shipment->database, "SELECT sensor FROM runs ORDER BY id DESC LIMIT 1");
    int status = rows_next(&rows, error);

    /* Where nothing has run there is nothing to ship. */
    shipment->sensor = strdup(status == 1 ? rows_text(&rows) : "");
    rows_end(&rows);
    if (status >= 0 && shipment->sensor == NULL)
        return shipment_no_memory(shipment, error);
    return status < 0 ? -1 : 0;
}

struct shipment *shipment_open(const char *path, struct error *error)
{
    struct shipment *shipment = calloc(1, sizeof(*shipment));

    if (shipment == NULL) {
        error_set(error, "%s: out of memory", path);
        return NULL;
    }
    shipment->database = database_open(path, error);
    if (shipment->database == NULL)
        goto fail;
    /* Not one state for all: a long reading would keep the writer's -wal from being written back.
     */
    if (sqlite3_exec(shipment->database->handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        shipment_failed(shipment, error);
        goto fail;
    }
    if (ask_ledger(shipment, error) < 0 || find_sensor(shipment, error) < 0 ||
        open_streams(shipment, error) < 0)
        goto fail;
    return shipment;
fail:
    shipment_close(shipment);
    return NULL;
}

void shipment_close(struct shipment *shipment)
{
    if (shipment == NULL)
        return;
    for (size_t i = 0; i < shipment->stream_count; i++)
        close_stream(&shipment->streams[i]);
    database_close(shipment->database);
    json_decref(shipment->pending_position);
    row_binary_clear(&shipment->rows);
    free(shipment->streams);
    free(shipment->sensor);
    free(shipment);
}

const char *shipment_sensor(const struct shipment *shipment)
{
    return shipment->sensor;
}

uint64_t shipment_identity(const struct shipment *shipment)
{
    return (uint64_t)shipment->identity;
}
