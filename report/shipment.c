#include "report/shipment.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/row_binary.h"
#include "report/rows.h"
#include "report/shipped_tables.h"

/* A batch holds no more of either, nor rows of more days: each day is a part of its own on disk
 * there, and newer servers refuse more than a hundred at once. */
#define BATCH_ROWS  20000
#define BATCH_BYTES (4 << 20)
#define BATCH_DAYS  30
#define DAY_NS      (INT64_C(86400) * 1000000000)

/* Parameters of the queries, behind those of the position; they hold numbers. */
enum { HOUR = 10, FIRST = 11, UNTIL = 12, LIMIT = 13 };

enum stream_kind { STREAM_ROWS, STREAM_REMOVALS, STREAM_HOURS };

/* One query that is followed. A position is a JSON array: the columns that the query is ordered by,
 * of the last row; NULL: the beginning. */
struct stream {
    const struct shipped_table *table;
    enum stream_kind kind;
    unsigned position_count;
    char *into;
    sqlite3_stmt *select;
    sqlite3_stmt **arrays; /* by column */
    json_t *position;
    /* Of hours: those that have changed since `position`, and how far they are. */
    int64_t *hours;
    size_t hour_count, hour;
    bool found_hours;
    json_t *in_hour;
};

struct shipment {
    struct database *database;
    char *sensor;
    int64_t identity, revision; /* as it was opened; what is written later is for the next round */
    struct stream *streams;
    size_t stream_count;
    struct row_binary rows;
    /* The batch that was given out. */
    struct stream *pending;
    json_t *pending_position;
    bool pending_ends; /* the query had no more rows */
};

static int out_of_memory(const struct shipment *shipment, struct error *error)
{
    return error_set(error, "%s: out of memory", shipment->database->path);
}

static int failed(const struct shipment *shipment, struct error *error)
{
    return error_set(error, "%s: %s", shipment->database->path,
                     sqlite3_errmsg(shipment->database->handle));
}

/* The queries */

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

static void print_into(FILE *into, const struct stream *stream)
{
    const struct shipped_table *table = stream->table;
    size_t count = stream->kind == STREAM_REMOVALS ? table->keys : table->column_count;

    fprintf(into, "%s (sensor, revision, removed", table->name);
    for (size_t i = 0; i < count; i++)
        fprintf(into, ", %s", table->columns[i].name);
    fprintf(into, ") FORMAT RowBinary");
}

static int prepare(struct shipment *shipment, const char *sql, sqlite3_stmt **statement,
                   struct error *error)
{
    if (sqlite3_prepare_v2(shipment->database->handle, sql, -1, statement, NULL) != SQLITE_OK)
        return failed(shipment, error);
    return 0;
}

static int prepare_select(struct shipment *shipment, struct stream *stream, struct error *error)
{
    static void (*const printers[])(FILE *, const struct shipped_table *) = {
        [STREAM_ROWS] = print_rows_query,
        [STREAM_REMOVALS] = print_removals_query,
        [STREAM_HOURS] = print_hours_query,
    };
    char *sql = NULL;
    size_t size;
    FILE *stream_sql = open_memstream(&sql, &size), *into;
    int status;

    if (stream_sql == NULL)
        return out_of_memory(shipment, error);
    printers[stream->kind](stream_sql, stream->table);
    fclose(stream_sql);
    status = prepare(shipment, sql, &stream->select, error);
    free(sql);
    into = open_memstream(&stream->into, &size);
    if (into == NULL)
        return out_of_memory(shipment, error);
    print_into(into, stream);
    fclose(into);
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
        return out_of_memory(shipment, error);
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
        return out_of_memory(shipment, error);
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
    json_decref(stream->position);
    json_decref(stream->in_hour);
}

/* The database */

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
        return out_of_memory(shipment, error);
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
        failed(shipment, error);
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

/* Positions */

/* "minutes", "minutes removed", "minutes_hourly". */
static const char *stream_name(const struct stream *stream, char name[64])
{
    snprintf(name, 64, "%s%s", stream->table->name,
             stream->kind == STREAM_REMOVALS ? " removed" : "");
    return name;
}

static json_t *describe(const struct shipment *shipment, const struct shipment_target *target)
{
    char identity[24];

    snprintf(identity, sizeof(identity), "%016" PRIx64, (uint64_t)shipment->identity);
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "to", target->name, "created", target->created,
                     "database", identity, "sensor", shipment->sensor, "schema",
                     FLEET_SCHEMA_VERSION);
}

char *shipment_positions(const struct shipment *shipment, const struct shipment_target *target)
{
    json_t *root = describe(shipment, target), *positions = json_object();
    char name[64], *text = NULL;

    for (size_t i = 0; i < shipment->stream_count; i++) {
        const struct stream *stream = &shipment->streams[i];

        if (stream->position != NULL)
            json_object_set(positions, stream_name(stream, name), stream->position);
    }
    if (root != NULL && json_object_set_new(root, "positions", positions) == 0)
        text = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(root);
    return text;
}

/* A position that a query of this stream may have given, and not of a later state. */
static bool is_position(const struct shipment *shipment, const struct stream *stream,
                        const json_t *position)
{
    size_t count = stream->kind == STREAM_HOURS ? 1 : stream->position_count;
    const json_t *part;
    size_t i;

    if (!json_is_array(position) || json_array_size(position) != count ||
        !json_is_integer(json_array_get(position, 0)) ||
        json_integer_value(json_array_get(position, 0)) > shipment->revision)
        return false;
    json_array_foreach(position, i, part)
    {
        if (!json_is_integer(part) && !json_is_string(part))
            return false;
    }
    return true;
}

static bool is_of(const struct shipment *shipment, const struct shipment_target *target,
                  const json_t *root)
{
    json_t *expected = describe(shipment, target), *value;
    bool same = json_is_object(root) && expected != NULL;
    const char *key;

    json_object_foreach(expected, key, value)
    {
        if (!json_equal(value, json_object_get(root, key)))
            same = false;
    }
    json_decref(expected);
    return same;
}

bool shipment_resume(struct shipment *shipment, const struct shipment_target *target,
                     const char *positions)
{
    json_t *root = json_loads(positions, 0, NULL);
    const json_t *of = json_object_get(root, "positions");
    bool fits = is_of(shipment, target, root) && json_is_object(of);
    char name[64];

    for (size_t i = 0; i < shipment->stream_count && fits; i++) {
        const struct stream *stream = &shipment->streams[i];
        const json_t *position = json_object_get(of, stream_name(stream, name));

        fits = position == NULL || is_position(shipment, stream, position);
    }
    for (size_t i = 0; i < shipment->stream_count && fits; i++) {
        struct stream *stream = &shipment->streams[i];

        json_decref(stream->position);
        stream->position = json_incref(json_object_get(of, stream_name(stream, name)));
    }
    json_decref(root);
    return fits;
}

/* Reading */

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
    return status == SQLITE_DONE ? 0 : failed(shipment, error);
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
    return shipment->rows.failed ? out_of_memory(shipment, error) : 0;
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
    sqlite3_bind_int64(stream->select, UNTIL, shipment->revision);
    sqlite3_bind_int64(stream->select, LIMIT, BATCH_ROWS);
    if (stream->kind == STREAM_HOURS) {
        sqlite3_bind_int64(stream->select, HOUR, stream->hours[stream->hour]);
        sqlite3_bind_int64(stream->select, FIRST, position == NULL);
    }
    while ((status = sqlite3_step(stream->select)) == SQLITE_ROW &&
           has_room(shipment, stream, &days)) {
        json_decref(shipment->pending_position);
        shipment->pending_position = position_of(stream);
        result = shipment->pending_position == NULL ? out_of_memory(shipment, error)
                                                    : put_row(shipment, stream, error);
        if (result < 0)
            break;
        ++*rows;
    }
    if (result == 0 && status != SQLITE_ROW && status != SQLITE_DONE)
        result = failed(shipment, error);
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
                status = out_of_memory(shipment, error);
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
