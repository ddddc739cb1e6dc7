/* Minute counters on their way into the database. */
#ifndef STORE_MINUTE_ROWS_H
#define STORE_MINUTE_ROWS_H

#include "capture/error.h"
#include "correlate/correlator.h"
#include "store/waiting.h"

struct store;

extern const struct waiting_kind minute_rows; /* "waiting_minutes" */

/* Within a transaction. -1 also where its source was not begun: store_failure_passes() says no. */
int minute_rows_add(struct store *store, const struct minute_counters *minute, struct error *error);

#endif
