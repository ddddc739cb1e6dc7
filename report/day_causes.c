/* The causes, and what changed since the period before. */
#include <stdlib.h>
#include <string.h>

#include "report/day_private.h"

#define CHANGES_MAX 30
#define CHANGED_BY  10 /* SERVFAILs: fewer may be chance */

/* Its largest outage, and the zone of that. */
static int illustrate(struct building *building, struct day_cause *cause)
{
    struct rows rows =
        day_ask(building, "SELECT p.sensor, outage, zone FROM parts p JOIN outages o "
                          "ON o.sensor = p.sensor AND o.period = p.period AND identity = outage "
                          "WHERE p.period = 0 AND cause = :cause "
                          "ORDER BY incidents DESC, outage LIMIT 1");
    int status;

    rows_set_text(&rows, ":cause", cause_code(cause->cause));
    status = rows_next(&rows, building->error);
    if (status == 1) {
        cause->sensor = rows_count(&rows);
        cause->outage = rows_count(&rows);
        cause->zone = day_take_text(building, &rows);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int compare_causes(const void *left, const void *right)
{
    const struct day_cause *a = left, *b = right;

    for (int period = 0; period < PERIOD_COUNT; period++) {
        if (a->incidents[period] != b->incidents[period])
            return a->incidents[period] > b->incidents[period] ? -1 : 1;
    }
    return (int)a->cause - (int)b->cause;
}

static int add_cause(struct building *building, enum cause code)
{
    struct day *day = building->day;
    struct day_cause *cause = DAY_ADD(building, day->causes, day->cause_count);

    if (cause == NULL)
        return -1;
    cause->cause = code;
    cause->sensors = day_take(building, day->sensor_count * sizeof(*cause->sensors));
    if (cause->sensors == NULL)
        return -1;
    for (int period = 0; period < PERIOD_COUNT; period++)
        cause->incidents[period] = day->traffic[period].causes[code];
    for (size_t i = 0; i < day->sensor_count; i++)
        cause->sensors[i] = day->sensors[i].traffic[PERIOD_NOW].causes[code];
    return illustrate(building, cause);
}

int day_fill_causes(struct building *building)
{
    struct day *day = building->day;

    for (int i = 0; i < CAUSE_COUNT; i++) {
        bool occurred = false;

        for (int period = 0; period < PERIOD_COUNT; period++)
            occurred = occurred || day->traffic[period].causes[i] > 0;
        if (occurred && add_cause(building, (enum cause)i) < 0)
            return -1;
    }
    if (day->cause_count > 1)
        qsort(day->causes, day->cause_count, sizeof(day->causes[0]), compare_causes);
    return 0;
}

static bool find_kind(uint64_t now, uint64_t before, enum day_change_kind *kind)
{
    if (before == 0)
        *kind = CHANGE_NEW;
    else if (now == 0)
        *kind = CHANGE_OVER;
    else if (now >= 2 * before && now - before >= CHANGED_BY)
        *kind = CHANGE_WORSE;
    else if (before >= 2 * now && before - now >= CHANGED_BY)
        *kind = CHANGE_BETTER;
    else
        return false;
    return true;
}

static uint64_t change_size(const struct day_change *change)
{
    return change->incidents > change->incidents_before
               ? change->incidents - change->incidents_before
               : change->incidents_before - change->incidents;
}

static int compare_changes(const void *left, const void *right)
{
    const struct day_change *a = left, *b = right;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (change_size(a) != change_size(b))
        return change_size(a) > change_size(b) ? -1 : 1;
    if (a->cause != b->cause)
        return a->cause < b->cause ? -1 : 1;
    return strcmp(a->zone != NULL ? a->zone : "", b->zone != NULL ? b->zone : "");
}

static int find_changes(struct building *building)
{
    struct day *day = building->day;
    struct rows rows = day_ask(
        building,
        "SELECT cause, subject, coalesce(sum(incidents) FILTER (WHERE period = 0), 0) AS now, "
        "coalesce(sum(incidents) FILTER (WHERE period = 1), 0) AS before "
        "FROM (SELECT p.period AS period, cause, incidents, "
        "iif(cause LIKE 'resolver.%' OR cause LIKE 'unattributed.%' "
        "OR cause = 'unreachable.egress-blocked', NULL, zone) AS subject "
        "FROM parts p JOIN outages o ON o.sensor = p.sensor AND o.period = p.period "
        "AND identity = outage WHERE p.period < 2) GROUP BY cause, subject");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        enum cause cause = day_take_cause(&rows);
        const char *zone = day_take_text(building, &rows);
        uint64_t now = rows_count(&rows), before = rows_count(&rows);
        enum day_change_kind kind;
        struct day_change *change;

        if (!find_kind(now, before, &kind))
            continue;
        change = DAY_ADD(building, day->changes, day->change_count);
        if (change == NULL) {
            status = -1;
            break;
        }
        *change = (struct day_change){.kind = kind,
                                      .cause = cause,
                                      .zone = zone,
                                      .incidents = now,
                                      .incidents_before = before};
    }
    rows_end(&rows);
    return status;
}

/* Of each kind as many as there is room for, the largest first. */
static void keep_largest(struct day *day)
{
    size_t kept = 0, of_kind = 0;

    day->change_total = day->change_count;
    for (size_t i = 0; i < day->change_count; i++) {
        of_kind = i > 0 && day->changes[i].kind == day->changes[i - 1].kind ? of_kind + 1 : 0;
        if (of_kind < CHANGES_MAX)
            day->changes[kept++] = day->changes[i];
    }
    day->change_count = kept;
}

/* Its largest outage in the span. */
static int illustrate_change(struct building *building, struct day_change *change)
{
    struct rows rows = day_ask(
        building, "SELECT p.sensor, outage FROM parts p JOIN outages o ON o.sensor = p.sensor "
                  "AND o.period = p.period AND identity = outage WHERE p.period = 0 "
                  "AND cause = :cause AND (:zone IS NULL OR zone = :zone) "
                  "ORDER BY incidents DESC, outage LIMIT 1");
    int status;

    rows_set_text(&rows, ":cause", cause_code(change->cause));
    if (change->zone != NULL)
        rows_set_text(&rows, ":zone", change->zone);
    status = rows_next(&rows, building->error);
    if (status == 1) {
        change->sensor = rows_count(&rows);
        change->outage = rows_count(&rows);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

int day_fill_changes(struct building *building)
{
    struct day *day = building->day;

    if (!day->traffic[PERIOD_NOW].known || !day->traffic[PERIOD_BEFORE].known)
        return 0; /* there is nothing to hold it against */
    if (find_changes(building) < 0)
        return -1;
    if (day->change_count > 1)
        qsort(day->changes, day->change_count, sizeof(day->changes[0]), compare_changes);
    keep_largest(day);
    for (size_t i = 0; i < day->change_count; i++) {
        if (day->changes[i].incidents > 0 && illustrate_change(building, &day->changes[i]) < 0)
            return -1;
    }
    return 0;
}
