#include "report/rows.h"

#include <stdio.h>

#define LAST_NS (INT64_MAX / 2) /* in 2116 */

struct rows rows_query(struct database *database, const char *sql)
{
    struct rows rows = {.database = database};

    rows.status = sqlite3_prepare_v2(database->handle, sql, -1, &rows.statement, NULL);
    return rows;
}

void rows_reset(struct rows *rows)
{
    sqlite3_reset(rows->statement);
    rows->bound = rows->column = 0;
}

void rows_end(struct rows *rows)
{
    sqlite3_finalize(rows->statement);
    rows->statement = NULL;
}

void rows_bind_integer(struct rows *rows, int64_t value)
{
    if (rows->status == SQLITE_OK)
        rows->status = sqlite3_bind_int64(rows->statement, ++rows->bound, value);
}

void rows_set_integer(struct rows *rows, const char *parameter, int64_t value)
{
    int index = sqlite3_bind_parameter_index(rows->statement, parameter);

    if (rows->status == SQLITE_OK && index > 0)
        rows->status = sqlite3_bind_int64(rows->statement, index, value);
}

void rows_set_text(struct rows *rows, const char *parameter, const char *text)
{
    int index = sqlite3_bind_parameter_index(rows->statement, parameter);

    if (rows->status == SQLITE_OK && index > 0)
        rows->status = sqlite3_bind_text(rows->statement, index, text, -1, SQLITE_STATIC);
}

int rows_next(struct rows *rows, struct error *error)
{
    const char *path = rows->database->path;
    int status = rows->status;

    if (rows->unreadable)
        return error_set(error, "%s: holds a value that this program does not know", path);
    if (status == SQLITE_OK)
        status = sqlite3_step(rows->statement);
    rows->column = 0;
    if (status == SQLITE_ROW)
        return 1;
    if (status == SQLITE_DONE)
        return 0;
    return error_set(error, "%s: %s", path, sqlite3_errmsg(rows->database->handle));
}

bool rows_null(const struct rows *rows)
{
    return sqlite3_column_type(rows->statement, rows->column) == SQLITE_NULL;
}

void rows_skip(struct rows *rows)
{
    rows->column++;
}

int64_t rows_integer(struct rows *rows, int64_t if_null)
{
    int64_t value = rows_null(rows) ? if_null : sqlite3_column_int64(rows->statement, rows->column);

    rows->column++;
    return value;
}

int64_t rows_time(struct rows *rows, int64_t if_null)
{
    bool known = !rows_null(rows);
    int64_t time_ns = rows_integer(rows, if_null);

    if (known && time_ns < 0)
        return 0;
    return known && time_ns > LAST_NS ? LAST_NS : time_ns;
}

uint64_t rows_count(struct rows *rows)
{
    return (uint64_t)rows_integer(rows, 0);
}

const char *rows_text(struct rows *rows)
{
    const unsigned char *text = sqlite3_column_text(rows->statement, rows->column++);

    return text == NULL ? "" : (const char *)text;
}

const void *rows_bytes(struct rows *rows, size_t *size)
{
    const void *bytes = sqlite3_column_blob(rows->statement, rows->column);

    *size = (size_t)sqlite3_column_bytes(rows->statement, rows->column++);
    return bytes;
}

void rows_copy(struct rows *rows, char *text, size_t size)
{
    snprintf(text, size, "%s", rows_text(rows));
}

struct address rows_address(struct rows *rows)
{
    struct address address = {{0}};

    if (address_from_text(&address, rows_text(rows)) < 0)
        rows->unreadable = true;
    return address;
}

struct name rows_name(struct rows *rows)
{
    struct name name = {0};

    if (rows_null(rows))
        rows_skip(rows);
    else if (name_from_text(&name, rows_text(rows)) < 0)
        rows->unreadable = true;
    return name;
}
