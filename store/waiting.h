/* Rows that wait in memory, shown to SQLite as a table of the connection, so that one statement
 * moves them all: INSERT INTO ... SELECT ... FROM it. A statement for each row would open and close
 * a cursor on each index, and look for the place from the root; this one finds it next to the row
 * before where they come in order. */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include <sqlite3.h>
#include <stddef.h>

struct waiting_kind {
    const char *name;
    const char *declaration; /* "CREATE TABLE x (its columns)" */
    size_t (*count)(const void *rows);
    /* Gives a value as the result (sqlite3_result_...). */
    void (*give)(const void *rows, size_t row, int column, sqlite3_context *context);
};

/* `kind` and `rows` are borrowed until the connection is closed. Returns SQLite's status. */
int waiting_show(sqlite3 *database, const struct waiting_kind *kind, const void *rows);

#endif
