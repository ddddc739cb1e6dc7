/* Counts SERVFAILs exactly: by outage, and by resolver, minute and cause; and says of which a row
 * is kept.
 *
 * Counts are gathered in memory and written before the transaction is committed, so that a flood of
 * a million costs a million additions and few rows. Of an outage the first `outage_rows` incidents
 * in an hour are kept whole; then every second, and with each doubling half as many: the rows grow
 * with the logarithm of the flood. Of what is left of all outages the same is done once there were
 * `hour_rows` in the hour, so that many outages do not make many rows, and a large one takes none
 * from the others. Which ones is decided by their identity, so that reading a capture again keeps
 * the same.
 *
 * The first of an outage is always kept, as long as there were not four times `hour_rows` outages
 * that began in that hour; then of every second outage, and so on. An outage is known, and counted,
 * from the first of its incidents that is kept: one that goes on soon is, and of a flood of
 * questions that fail in a zone each few are. By resolver, minute and cause all are counted.
 *
 * Resolvers that are too many to be counted one by one have an hour of their own. */
#ifndef STORE_COUNTS_H
#define STORE_COUNTS_H

#include <stdint.h>

#include "capture/error.h"
#include "correlate/exchange.h"
#include "correlate/incident.h"

#define QUARTER_NS (15 * MINUTE_NS)

struct store;
struct counts;

/* `memory_bytes`: for what is gathered; more than 4 MiB are of no use. NULL: out of memory. */
struct counts *counts_new(uint64_t outage_rows, uint64_t hour_rows, uint64_t memory_bytes);
void counts_free(struct counts *counts); /* NULL is fine */

/* How many incidents the row of this one will stand for, itself included; 0: it gets none. */
int counts_weigh(struct store *store, const struct incident *incident, unsigned *weight,
                 struct error *error);
/* Counts it, after counts_weigh(). */
int counts_add(struct store *store, const struct incident *incident, bool kept,
               struct error *error);

/* Were the servers of this incident noted as its outage's when it was asked last? */
int counts_note_servers(struct store *store, const struct incident *incident, bool *noted,
                        struct error *error);

/* An incident as it was counted earlier, by this run or another. */
struct counted {
    int64_t run, source; /* rows */
    uint64_t outage;
    const char *resolver, *cause; /* borrowed; the cause that it was counted under */
    int64_t time_ns, elapsed_ns;
    bool cached;
};

/* Another verdict takes its place: it is counted no longer. */
int counts_remove(struct store *store, const struct counted *counted, struct error *error);

/* Writes what was gathered. To be done before each commit. */
int counts_flush(struct store *store, struct error *error);
void counts_commit(struct counts *counts);   /* it was committed */
void counts_rollback(struct counts *counts); /* it was not: forgets what was gathered since */
void counts_forget(struct counts *counts);   /* somebody else may have written */

/* The beginning of the span of this length that a time falls into. */
static inline int64_t span_begin_ns(int64_t time_ns, int64_t length_ns)
{
    return time_ns - (time_ns % length_ns + length_ns) % length_ns;
}

/* The end of the span of this length that ends then or is not over. */
static inline int64_t span_end_ns(int64_t time_ns, int64_t length_ns)
{
    int64_t begin_ns = span_begin_ns(time_ns, length_ns);

    return begin_ns == time_ns ? time_ns : begin_ns + length_ns;
}

#endif
