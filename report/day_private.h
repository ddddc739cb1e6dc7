/* What the files share that fill the model, a section each. A section returns 0, or -1 with the
 * text in building->error. */
#ifndef REPORT_DAY_PRIVATE_H
#define REPORT_DAY_PRIVATE_H

#include "report/day.h"
#include "report/day_memory.h"
#include "report/fleet.h"
#include "report/gather.h"
#include "report/rows.h"

#define DAY_MINUTE_NS INT64_C(60000000000)
#define DAY_HOUR_NS   (60 * DAY_MINUTE_NS)
#define DAY_DAY_NS    (24 * DAY_HOUR_NS)

struct building {
    struct day *day;
    int64_t *counted_until_ns; /* a sensor; INT64_MAX: in full */
    const struct day_options *options;
    const char *resolvers; /* only these, as a JSON array; NULL: all */
    struct database *gathered;
    int64_t *seen_until_ns; /* a sensor */
    struct error *error;
};

/* A new, zeroed item at the end of an array of the model. NULL: out of memory, and that is said. */
#define DAY_ADD(building, items, count)                                                            \
    ((items) = day_grow(building, items, count, sizeof(*(items))),                                 \
     (items) == NULL ? NULL : &(items)[(count)++])
void *day_grow(struct building *building, void *items, size_t count, size_t item_bytes);
void *day_take(struct building *building, size_t size_bytes);

/* The next column as a text of the model; NULL for NULL. */
const char *day_take_text(struct building *building, struct rows *rows);
const char *day_format(struct building *building, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum cause day_take_cause(struct rows *rows);
/* The LATENCY_BUCKETS next columns, added; then the percentiles. */
void day_take_latency(struct rows *rows, struct day_latency *latency);
void day_finish_latency(struct day_latency *latency);

/* A query of what was gathered. */
struct rows day_ask(struct building *building, const char *sql);

/* What is asked of a fleet for a period. */
struct fleet_wish day_wish(const struct building *building, enum day_period period);
/* The longest unit of time that minutes of the span may be added up to without a change to any of
 * its intervals and hours. */
int64_t day_grain_ns(const struct day *day);

/* The pieces of the span that figures are given of: report/day_times.c. */
int day_add_intervals(struct building *building);
int day_add_hours(struct building *building);
struct day_hour *day_hour_of(struct day *day, int64_t time_ns);
/* A minute that the span cuts into may begin before it. */
struct day_interval *day_interval_of(struct day *day, int64_t time_ns);
/* Some capture covers this time. */
void day_mark_covered(struct day *day, int64_t from_ns, int64_t to_ns);

/* Until when questions, answers and SERVFAILs of the span are all counted, and what came since: the
 * span ends then. */
int day_find_counted(struct building *building);

/* Sections, in the order in which they are filled. */
int day_fill_coverage(struct building *building);
int day_fill_traffic(struct building *building);
int day_fill_joined(struct building *building);
int day_fill_outages(struct building *building);
int day_fill_causes(struct building *building);
int day_fill_changes(struct building *building);
int day_fill_tops(struct building *building);
int day_fill_examples(struct building *building);
int day_fill_servers(struct building *building);
int day_fill_forecast(struct building *building);
int day_fill_capture(struct building *building);
int day_fill_headline(struct building *building);

/* Whose fault an outage is, by what other sensors got from the same servers meanwhile. */
int day_compare_sensors(struct building *building, struct day_outage *outage);

/* Outages of these are about no zone: they are kept by resolver. */
bool day_is_about_zone(enum cause cause);

#endif
