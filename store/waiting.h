/* Rows that wait in memory for the commit, shown to SQLite as a table of the connection, so that
 * one statement moves them all: INSERT INTO ... SELECT ... FROM it. A statement for each row would
 * open and close a cursor on each index, and look for the place from the root; this one finds it
 * next to the row before, since they are sorted. */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "store/sql.h"

struct store;
struct waiting;

struct waiting_kind {
    const char *name;
    const char *columns;
    enum statement_id move; /* from there to where they belong */
    size_t row_bytes, rows_max;
    /* For qsort(), of pointers to two rows: as SQLite orders the primary key they will have. */
    int (*compare)(const void *left, const void *right);
    /* Gives a value as the result (sqlite3_result_...). */
    void (*give)(const void *row, int column, sqlite3_context *context);
};

/* Room for as many rows as `memory_bytes` hold, and for `rows_max` of the kind at most. `kind` is
 * borrowed. NULL: out of memory. */
struct waiting *waiting_new(const struct waiting_kind *kind, uint64_t memory_bytes);
void waiting_free(struct waiting *waiting); /* NULL is fine; after the database was closed */
/* Makes the table. Returns SQLite's status. */
int waiting_show(struct waiting *waiting, sqlite3 *database);

/* Within a transaction: the place for one row more, to be filled before the next call; its bytes
 * are those of some earlier row. NULL: there was no room, and what waits could not be moved. */
void *waiting_add(struct waiting *waiting, struct store *store, struct error *error);
/* Moves what waits. To be done before each commit. */
int waiting_flush(struct waiting *waiting, struct store *store, struct error *error);
/* The transaction was taken back: nothing waits. */
void waiting_forget(struct waiting *waiting);

#endif
