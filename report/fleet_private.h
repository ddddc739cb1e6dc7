/* What the files of a fleet's report share: the fleet, what stands for what in its queries, and how
 * they are asked. */
#ifndef REPORT_FLEET_PRIVATE_H
#define REPORT_FLEET_PRIVATE_H

#include <stdio.h>

#include "report/fleet.h"
#include "report/fleet_queries.h"

#define FLEET_NUMBERS_MAX 20
#define FLEET_DAY_NS      (24 * 60 * 60 * INT64_C(1000000000))

struct fleet {
    struct clickhouse *server;
    struct database **databases;
    char **names;
    size_t count;
    char *sensors; /* the condition that chooses them */
};

/* Numbers as texts, and what stands for what in the queries. */
struct fleet_values {
    struct fleet_value list[40];
    size_t count;
    char numbers[FLEET_NUMBERS_MAX][24];
    size_t number_count;
    char *resolvers, *asked;
    char uncounted[256];
};

extern const struct day_span fleet_all_time;

/* Of what lies in the slice. To be cleared, also where it fails. */
int fleet_values_init(struct fleet_values *values, const struct fleet *fleet,
                      const struct fleet_wish *wish, const struct day_span *slice,
                      struct error *error);
void fleet_values_clear(struct fleet_values *values);
/* Both are borrowed. */
void fleet_values_text(struct fleet_values *values, const char *name, const char *text);
void fleet_values_number(struct fleet_values *values, const char *name, int64_t number);
int64_t fleet_clamp(int64_t time_ns, const struct day_span *slice);

/* "sensor IN ('a', 'it\'s')", or what always holds where `count` is 0; to be freed. NULL: out of
 * memory. */
char *fleet_condition_on_texts(const char *column, char *const *texts, size_t count);

/* Asks, and puts what comes where it belongs: `gathered` may be NULL where nothing does. `sql` is
 * freed, and may be NULL for want of memory. */
int fleet_run_sql(struct fleet *fleet, const struct fleet_query *query, char *sql,
                  struct database *gathered, enum day_period period, struct error *error);
int fleet_run_query(struct fleet *fleet, const struct fleet_query *query,
                    const struct fleet_value *values, size_t count, struct database *gathered,
                    enum day_period period, struct error *error);
/* One query a slice. */
int fleet_run_daily(struct fleet *fleet, const struct fleet_query *query,
                    const struct fleet_wish *wish, struct database *gathered, struct error *error);
/* A query with its slices, to be freed; NULL: out of memory. */
char *fleet_unite(const struct fleet_query *query, struct fleet_values *values,
                  const struct day_span *whole);
/* Runs the SQL in all sensors' databases. */
int fleet_empty(struct fleet *fleet, const char *sql, struct error *error);

#endif
