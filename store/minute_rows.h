/* Minute counters on their way into the database: they wait for the commit and go in together, in
 * the order of their key (store/waiting.h). */
#ifndef STORE_MINUTE_ROWS_H
#define STORE_MINUTE_ROWS_H

#include <sqlite3.h>

#include "capture/error.h"
#include "correlate/correlator.h"

struct store;
struct minute_rows;

struct minute_rows *minute_rows_new(void);       /* NULL: out of memory */
void minute_rows_free(struct minute_rows *rows); /* NULL is fine; after the database was closed */
/* As the table "waiting_minutes". Returns SQLite's status. */
int minute_rows_show(const struct minute_rows *rows, sqlite3 *database);

/* Within a transaction. -1 also where its source was not begun: store_failure_passes() says no. */
int minute_rows_add(struct store *store, const struct minute_counters *minute, struct error *error);
/* Writes what waits. To be done before each commit. */
int minute_rows_flush(struct store *store, struct error *error);
/* What waits was taken back. */
void minute_rows_forget(struct minute_rows *rows);

#endif
