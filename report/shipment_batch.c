/* The next rows of a shipment, as ClickHouse takes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/shipment_private.h"

/* A batch holds no more of either, nor rows of more days: each day is a part of its own on disk
 * there, and newer servers refuse more than a hundred at once. */
#define BATCH_ROWS  20000
#define BATCH_BYTES (4 << 20)
#define BATCH_DAYS  30
#define DAY_NS      (INT64_C(86400) * 1000000000)

/* Lower than every revision, where it is none. */
static void bind_position(const struct stream *stream, const json_t *position)
{
    for (unsigned i = 0; i < stream->position_count; i++) {
        const json_t *part = json_array_get(position, i);

        if (json_is_string(part))
            sqlite3_bind_text(stream->select, (int)i + 1, json_string_value(part),
                              (int)json_string_length(part), SQLITE_TRANSIENT);
        else
            sqlite3_bind_int64(stream->select, (int)i + 1,
                               part != NULL ? json_integer_value(part) : -1);
    }
}

static json_t *position_of(const struct stream *stream)
{
    int first = stream->kind == STREAM_HOURS ? 1 : 0;
    json_t *position = json_array();

    for (int i = 0; i < (int)stream->position_count; i++) {
        int column = first + i;
        const void *text;

        if (sqlite3_column_type(stream->select, column) == SQLITE_INTEGER) {
            json_array_append_new(position,
                                  json_integer(sqlite3_column_int64(stream->select, column)));
            continue;
        }
        text = sqlite3_column_text(stream->select, column);
        json_array_append_new(position, json_stringn_nocheck(text, (size_t)sqlite3_column_bytes(
                                                                       stream->select, column)));
    }
    if (json_array_size(position) == stream->position_count)
        return position;
    json_decref(position);
    return NULL;
}

static void put_value(struct row_binary *rows, const struct shipped_column *column,
                      sqlite3_stmt *from, int at)
{
    bool is_null = sqlite3_column_type(from, at) == SQLITE_NULL;

    if (column->nullable)
        row_binary_null(rows, is_null);
    if (column->nullable && is_null)
        return;
    if (column->type == SHIPPED_TEXT) {
        const void *bytes = sqlite3_column_blob(from, at);

        row_binary_string(rows, bytes, (size_t)sqlite3_column_bytes(from, at));
    } else {
        row_binary_integer(rows, (uint64_t)sqlite3_column_int64(from, at), column->type);
    }
}

static int put_array(struct shipment *shipment, const struct shipped_column *column,
                     sqlite3_stmt *query, sqlite3_value *owner, struct error *error)
{
    struct row_binary values = {0};
    uint64_t count = 0;
    int status;

    sqlite3_bind_value(query, 1, owner);
    for (; (status = sqlite3_step(query)) == SQLITE_ROW; count++)
        put_value(&values, column, query, 0);
    sqlite3_reset(query);
    row_binary_count(&shipment->rows, count);
    row_binary_append(&shipment->rows, &values);
    row_binary_clear(&values);
    return status == SQLITE_DONE ? 0 : shipment_failed(shipment, error);
}

static int put_row(struct shipment *shipment, const struct stream *stream, struct error *error)
{
    const struct shipped_table *table = stream->table;
    size_t count = stream->kind == STREAM_REMOVALS ? table->keys : table->column_count;
    /* Behind revision and position, of which removals have the revision in theirs. */
    int owner = (int)stream->position_count + (stream->kind == STREAM_HOURS), at = owner + 2;

    row_binary_string(&shipment->rows, shipment->sensor, strlen(shipment->sensor));
    row_binary_integer(&shipment->rows, (uint64_t)sqlite3_column_int64(stream->select, 0), 8);
    row_binary_integer(&shipment->rows, stream->kind == STREAM_REMOVALS, 1);
    for (size_t i = 0; i < count; i++) {
        const struct shipped_column *column = &table->columns[i];

        if (!column->array)
            put_value(&shipment->rows, column, stream->select, at++);
        else if (put_array(shipment, column, stream->arrays[i],
                           sqlite3_column_value(stream->select, owner), error) < 0)
            return -1;
    }
    return shipment->rows.failed ? shipment_no_memory(shipment, error) : 0;
}

/* Days that a batch has rows of. */
struct days {
    int64_t days[BATCH_DAYS];
    unsigned count;
};

/* false: it has no room for another. */
static bool days_add(struct days *days, int64_t time_ns)
{
    int64_t day = time_ns / DAY_NS;

    for (unsigned i = days->count; i-- > 0;) {
        if (days->days[i] == day)
            return true;
    }
    if (days->count == BATCH_DAYS)
        return false;
    days->days[days->count++] = day;
    return true;
}

static bool has_room(const struct shipment *shipment, const struct stream *stream,
                     struct days *days)
{
    int time = (int)stream->position_count + (stream->kind == STREAM_HOURS) + 1;

    if (shipment->rows.size >= BATCH_BYTES)
        return false;
    return stream->table->time == NULL ||
           days_add(days, sqlite3_column_int64(stream->select, time));
}

/* Behind `position`. *rows is how many there were; the position of the last is kept as pending. */
static int read_batch(struct shipment *shipment, struct stream *stream, const json_t *position,
                      uint64_t *rows, struct error *error)
{
    struct days days = {.count = 0};
    int status, result = 0;

    *rows = 0;
    shipment->rows.size = 0;
    bind_position(stream, position);
    sqlite3_bind_int64(stream->select, SHIPMENT_UNTIL, shipment->revision);
    sqlite3_bind_int64(stream->select, SHIPMENT_LIMIT, BATCH_ROWS);
    if (stream->kind == STREAM_HOURS) {
        sqlite3_bind_int64(stream->select, SHIPMENT_HOUR, stream->hours[stream->hour]);
        sqlite3_bind_int64(stream->select, SHIPMENT_FIRST, position == NULL);
    }
    while ((status = sqlite3_step(stream->select)) == SQLITE_ROW &&
           has_room(shipment, stream, &days)) {
        json_decref(shipment->pending_position);
        shipment->pending_position = position_of(stream);
        result = shipment->pending_position == NULL ? shipment_no_memory(shipment, error)
                                                    : put_row(shipment, stream, error);
        if (result < 0)
            break;
        ++*rows;
    }
    if (result == 0 && status != SQLITE_ROW && status != SQLITE_DONE)
        result = shipment_failed(shipment, error);
    shipment->pending_ends = status == SQLITE_DONE && *rows < BATCH_ROWS;
    sqlite3_reset(stream->select);
    return result;
}

/* Which hours have changed behind the position. */
static int find_hours(struct shipment *shipment, struct stream *stream, struct error *error)
{
    int64_t behind =
        stream->position == NULL ? -1 : json_integer_value(json_array_get(stream->position, 0));
    char sql[400];
    struct rows rows;
    size_t capacity = 0;
    int status;

    stream->found_hours = true;
    if (shipment->revision <= behind)
        return 0;
    snprintf(sql, sizeof(sql),
             "SELECT minute_ns - minute_ns %% 3600000000000 FROM %s WHERE revision > ?1 "
             "UNION SELECT time_ns - time_ns %% 3600000000000 FROM removals "
             "WHERE kind = '%s' AND revision > ?1 ORDER BY 1",
             stream->table->of, stream->table->of);
    rows = rows_query(shipment->database, sql);
    rows_bind_integer(&rows, behind);
    while ((status = rows_next(&rows, error)) == 1) {
        if (stream->hour_count == capacity) {
            int64_t *grown = realloc(stream->hours, (2 * capacity + 24) * sizeof(*grown));

            if (grown == NULL) {
                status = shipment_no_memory(shipment, error);
                break;
            }
            stream->hours = grown;
            capacity = 2 * capacity + 24;
        }
        stream->hours[stream->hour_count++] = rows_integer(&rows, 0);
    }
    rows_end(&rows);
    return status;
}

static void end_hour(const struct shipment *shipment, struct stream *stream)
{
    json_decref(stream->in_hour);
    stream->in_hour = NULL;
    if (++stream->hour < stream->hour_count)
        return;
    json_decref(stream->position);
    stream->position = json_pack("[I]", (json_int_t)shipment->revision);
}

static int read_hours(struct shipment *shipment, struct stream *stream, uint64_t *rows,
                      struct error *error)
{
    *rows = 0;
    if (!stream->found_hours && find_hours(shipment, stream, error) < 0)
        return -1;
    while (stream->hour < stream->hour_count && *rows == 0) {
        if (read_batch(shipment, stream, stream->in_hour, rows, error) < 0)
            return -1;
        if (*rows == 0)
            end_hour(shipment, stream);
    }
    return 0;
}

int shipment_next(struct shipment *shipment, struct shipment_batch *batch, struct error *error)
{
    uint64_t rows = 0;

    shipment->pending = NULL;
    for (size_t i = 0; i < shipment->stream_count && rows == 0; i++) {
        struct stream *stream = &shipment->streams[i];
        int status = stream->kind == STREAM_HOURS
                         ? read_hours(shipment, stream, &rows, error)
                         : read_batch(shipment, stream, stream->position, &rows, error);

        if (status < 0)
            return -1;
        shipment->pending = stream;
    }
    if (rows == 0)
        return 0;
    *batch = (struct shipment_batch){.into = shipment->pending->into,
                                     .bytes = shipment->rows.bytes,
                                     .size = shipment->rows.size,
                                     .rows = rows};
    return 1;
}

void shipment_acknowledge(struct shipment *shipment)
{
    struct stream *stream = shipment->pending;
    json_t **position;

    if (stream == NULL)
        return;
    position = stream->kind == STREAM_HOURS ? &stream->in_hour : &stream->position;
    json_decref(*position);
    *position = shipment->pending_position;
    shipment->pending_position = NULL;
    if (stream->kind == STREAM_HOURS && shipment->pending_ends)
        end_hour(shipment, stream);
    shipment->pending = NULL;
}
