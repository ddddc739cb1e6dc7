/* Servers of outages on their way into the database, as minutes are (store/minute_rows.h). Of a
 * server's names the one that came first stands. */
#ifndef STORE_SERVER_ROWS_H
#define STORE_SERVER_ROWS_H

#include <sqlite3.h>

#include "capture/error.h"
#include "correlate/incident.h"

struct store;
struct server_rows;

struct server_rows *server_rows_new(void);       /* NULL: out of memory */
void server_rows_free(struct server_rows *rows); /* NULL is fine; after the database was closed */
/* As the table "waiting_servers". Returns SQLite's status. */
int server_rows_show(const struct server_rows *rows, sqlite3 *database);

/* Within a transaction, in which the outage has a row. */
int server_rows_add(struct store *store, uint64_t outage, const struct blamed_server *server,
                    struct error *error);
/* Writes what waits. To be done before each commit. */
int server_rows_flush(struct store *store, struct error *error);
/* What waits was taken back. */
void server_rows_forget(struct server_rows *rows);

#endif
