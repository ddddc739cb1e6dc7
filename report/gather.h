/* What a report needs of its databases, brought together: a private database (in memory until it
 * grows large) with one table a kind of figure, each row marked with the sensor and the period that
 * it is of. The figures are then asked of it, whether there is one sensor or twenty.
 *
 * Counts come out of the counters that the store keeps (they are exact), at the span's edges, where
 * it cuts a quarter of an hour of what was captured, out of the incidents' rows. Nothing reads
 * evidence. */
#ifndef REPORT_GATHER_H
#define REPORT_GATHER_H

#include "capture/error.h"
#include "report/day.h"
#include "report/rows.h"

/* Only some resolvers, :resolvers being a JSON array of them, or all: of a column that tells one.
 */
#define GATHER_OF_RESOLVERS(column)                                                                \
    "(:resolvers IS NULL OR " column " IN (SELECT value FROM json_each(:resolvers)))"

/* What rows weigh adds up to an estimate where none weighs more than such a part of it. */
#define GATHER_LEAST_ROWS     30
#define GATHER_LEAST_ROWS_SQL "30"

/* The numbered columns: latency_0 ..., rcode_0 ... */
/* clang-format off */
#define GATHER_LATENCIES(X)                                                                        \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)    \
    X(17) X(18) X(19)
#define GATHER_RCODES(X)                                                                           \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
/* clang-format on */

/* NULL: out of memory. To be closed with database_close(). */
struct database *gather_open(struct error *error);

/* Where a span is cut: into whole quarters of an hour (inner), which counters tell of, and those
 * that it has a part of (outer). */
struct gather_bounds {
    int64_t from_minute_ns;
    int64_t inner_from_ns, inner_to_ns;
    int64_t outer_from_ns, outer_to_ns;
    int64_t recently_ns; /* signatures seen since then count */
};
struct gather_bounds gather_bounds(const struct day_span *span);

struct gather_source {
    struct database *database;
    bool of_fleet;         /* what a fleet adds up is in `gathered` (report/fleet.h) */
    size_t sensor;         /* its number in the report */
    const char *resolvers; /* a JSON array of addresses: only these; NULL: all */
};

/* The figures of one database, in one period. */
int gather_add(struct database *gathered, const struct gather_source *source,
               enum day_period period, const struct day_span *span, struct error *error);
/* The SQL that reads a database, for tests of how it is executed. NULL beyond the last. */
const char *gather_sql(size_t index);
/* What that SQL calls. Returns SQLite's status. */
int gather_add_functions(sqlite3 *handle);

#endif
