/* Servers of outages on their way into the database. Of a server's names the one that came first
 * stands. */
#ifndef STORE_SERVER_ROWS_H
#define STORE_SERVER_ROWS_H

#include "capture/error.h"
#include "correlate/incident.h"
#include "store/waiting.h"

struct store;

extern const struct waiting_kind server_rows; /* "waiting_servers" */

/* Within a transaction, in which the outage has a row. */
int server_rows_add(struct store *store, uint64_t outage, const struct blamed_server *server,
                    struct error *error);

#endif
