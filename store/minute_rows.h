/* Minute counters on their way into the database.
 *
 * Not every upstream server or watched resolver has a row of its own (store/census.h). What is told
 * of the others is added up in one row of their time and source, of which `server` is empty: sums
 * over all rows are exact, and who names servers leaves it out. */
#ifndef STORE_MINUTE_ROWS_H
#define STORE_MINUTE_ROWS_H

#include <sqlite3.h>

#include "capture/error.h"
#include "correlate/correlator.h"

struct store;
struct minute_rows;

/* NULL: out of memory. */
struct minute_rows *minute_rows_new(uint64_t memory_bytes);
void minute_rows_free(struct minute_rows *rows); /* NULL is fine; after the database was closed */
/* Makes their table. Returns SQLite's status. */
int minute_rows_show(struct minute_rows *rows, sqlite3 *database);

/* Within a transaction. -1 also where its source was not begun: store_failure_passes() says no. */
int minute_rows_add(struct store *store, const struct minute_counters *minute, struct error *error);
/* Moves what waits. To be done before each commit. */
int minute_rows_flush(struct store *store, struct error *error);
/* The transaction was taken back: nothing waits. */
void minute_rows_forget(struct minute_rows *rows);

#endif
