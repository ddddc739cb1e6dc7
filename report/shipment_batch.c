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
        stream->hours[stream->hour_count++] = rows_time(&rows, 0);
    }
    rows_end(&rows);
    return status;
}

static void go_to_hour(const struct shipment *shipment, struct stream *stream, size_t hour)
{
    json_decref(stream->in_hour);
    stream->in_hour = NULL;
    stream->hour = hour;
    if (hour < stream->hour_count)
        return;
    json_decref(stream->position);
    stream->position = json_pack("[I]", (json_int_t)shipment->revision);
}

static int read_hours(struct shipment *shipment, struct stream *stream, uint64_t *rows,
                      struct error *error)
{
    *rows = 0;
    while (stream->hour < stream->hour_count && *rows == 0) {
        if (read_batch(shipment, stream, stream->in_hour, rows, error) < 0)
            return -1;
        if (*rows == 0)
            go_to_hour(shipment, stream, stream->hour + 1);
    }
    return 0;
}

/* The database may lack a part of an hour that was shipped once: what became too old, or what came
 * after the backup that it was restored from. It is still there, so where the hours are shipped
 * from the beginning, they are summed up there, those of a day at once. */
static bool are_summed_there(const struct stream *stream)
{
    return stream->kind == STREAM_HOURS && stream->position == NULL &&
           stream->hour < stream->hour_count;
}

static int sum_there(struct shipment *shipment, struct stream *stream, struct shipment_batch *batch,
                     struct error *error)
{
    int64_t day_ns = stream->hours[stream->hour] / DAY_NS * DAY_NS;

    free(stream->sums);
    stream->sums = shipment_sums_sql(shipment, stream->table, day_ns, day_ns + DAY_NS);
    if (stream->sums == NULL)
        return shipment_no_memory(shipment, error);
    *batch = (struct shipment_batch){.into = stream->sums, .bytes = ""};
    return 1;
}

static void end_day(const struct shipment *shipment, struct stream *stream)
{
    int64_t day = stream->hours[stream->hour] / DAY_NS;
    size_t hour = stream->hour;

    while (hour < stream->hour_count && stream->hours[hour] / DAY_NS == day)
        hour++;
    go_to_hour(shipment, stream, hour);
}

static int next_of_stream(struct shipment *shipment, struct stream *stream,
                          struct shipment_batch *batch, struct error *error)
{
    bool of_hours = stream->kind == STREAM_HOURS;
    uint64_t rows = 0;
    int status;

    if (of_hours && !stream->found_hours && find_hours(shipment, stream, error) < 0)
        return -1;
    if (are_summed_there(stream))
        return sum_there(shipment, stream, batch, error);
    status = of_hours ? read_hours(shipment, stream, &rows, error)
                      : read_batch(shipment, stream, stream->position, &rows, error);
    if (status < 0 || rows == 0)
        return status;
    *batch = (struct shipment_batch){.into = stream->into,
                                     .bytes = shipment->rows.bytes,
                                     .size = shipment->rows.size,
                                     .rows = rows};
    return 1;
}

int shipment_next(struct shipment *shipment, struct shipment_batch *batch, struct error *error)
{
    int status = 0;

    shipment->pending = NULL;
    for (size_t i = 0; i < shipment->stream_count && status == 0; i++) {
        status = next_of_stream(shipment, &shipment->streams[i], batch, error);
        if (status == 1)
            shipment->pending = &shipment->streams[i];
    }
    return status;
}

void shipment_acknowledge(struct shipment *shipment)
{
    struct stream *stream = shipment->pending;
    json_t **position;

    if (stream == NULL)
        return;
    shipment->pending = NULL;
    if (are_summed_there(stream)) {
        end_day(shipment, stream);
        return;
    }
    position = stream->kind == STREAM_HOURS ? &stream->in_hour : &stream->position;
    json_decref(*position);
    *position = shipment->pending_position;
    shipment->pending_position = NULL;
    if (stream->kind == STREAM_HOURS && shipment->pending_ends)
        go_to_hour(shipment, stream, stream->hour + 1);
}
