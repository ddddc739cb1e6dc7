/* Rows of ClickHouse into SQLite: a query's TabSeparated result, row by row, into a statement. */
#ifndef REPORT_FLEET_LOAD_H
#define REPORT_FLEET_LOAD_H

#include <sqlite3.h>
#include <stddef.h>

#include "capture/error.h"

/* A field of a row as it was before it was escaped; NULL as `bytes`: NULL. */
struct fleet_field {
    const char *bytes;
    size_t size;
};

#define FLEET_FIELDS_MAX 64

/* Called for each row. Fields are borrowed until it returns. 0 or -1. */
typedef int (*fleet_row_function)(void *context, const struct fleet_field *fields, size_t count,
                                  struct error *error);

/* Walks a whole result of `size` octets. */
int fleet_load_rows(const char *result, size_t size, fleet_row_function take, void *context,
                    struct error *error);

/* Binds fields from parameter `first` on, texts or, where the bit of their place in `blobs` is set,
 * blobs. SQLite's status. */
int fleet_load_bind(sqlite3_stmt *statement, int first, const struct fleet_field *fields,
                    size_t count, unsigned blobs);

#endif
