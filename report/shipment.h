/* What of a sensor's database is new since it was last shipped, in batches for ClickHouse.
 *
 * Each table is followed by its rows' revisions (store/newest_schema.c) in their order; what was
 * taken back comes as rows that are `removed`, and the hours that have changed as roll-ups. A batch
 * is read in one short transaction into memory and stands until it is acknowledged; then the
 * position behind it may be kept. Nothing is lost by an older position, or none: the same rows come
 * again, and a row that comes again replaces itself. */
#ifndef REPORT_SHIPMENT_H
#define REPORT_SHIPMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"

struct shipment;

/* The sensor is called as its newest run calls itself. To be opened anew for each round, which also
 * meets a file that has been replaced. */
struct shipment *shipment_open(const char *path, struct error *error);
void shipment_close(struct shipment *shipment); /* NULL is fine */

/* "": nothing was ever written to it. */
const char *shipment_sensor(const struct shipment *shipment);
/* The database's, wherever its file is. */
uint64_t shipment_identity(const struct shipment *shipment);

/* Where to: what was shipped elsewhere, or to tables that were made anew, was not shipped here. */
struct shipment_target {
    const char *name;    /* clickhouse_name() */
    const char *created; /* when its tables were, as it says */
};

/* Goes on where `positions` (shipment_positions()) stood, unless they are of another database,
 * sensor or target, or of a later state of this one, as after a backup was restored: then from the
 * beginning, and false. */
bool shipment_resume(struct shipment *shipment, const struct shipment_target *target,
                     const char *positions);
/* To be kept once what lies before is acknowledged. JSON; to be freed; NULL: out of memory. */
char *shipment_positions(const struct shipment *shipment, const struct shipment_target *target);

struct shipment_batch {
    const char *into; /* for clickhouse_insert(); may be all of it: what is inserted is there */
    const void *bytes;
    size_t size;
    uint64_t rows; /* in `bytes` */
};

/* 1: a batch, borrowed until the next call; 0: all is shipped that was there when it was opened;
 * -1: `error` says why. A batch that was not acknowledged comes again, as its rows then are. */
int shipment_next(struct shipment *shipment, struct shipment_batch *batch, struct error *error);
void shipment_acknowledge(struct shipment *shipment);

#endif
