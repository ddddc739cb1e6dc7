/* Outages that several sensors saw at once are one: the same cause in the same zone, at the same
 * time, with a server in common. What is about a resolver stays that sensor's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/outage.h"
#include "report/day_private.h"

/* One that may yet be joined: of the cause and zone that are being looked at, and not long over. */
struct open_joint {
    int64_t number;
    int64_t last_ns;
};

struct joining {
    struct building *building;
    struct rows shares, add, add_servers, merge, merge_servers;
    struct open_joint *open;
    size_t open_count, open_capacity;
    int64_t number; /* of the latest joint */
    char cause[64]; /* of the open ones */
    char *zone;     /* NULL: none */
};

/* An outage of a sensor, as it is read. */
struct candidate {
    int64_t sensor, outage;
    int64_t first_ns, last_ns;
};

/* Columns without a type, as those that they are compared with: else no index of either serves. */
static int create(struct building *building)
{
    struct database *gathered = building->gathered;

    if (sqlite3_exec(gathered->handle,
                     "CREATE TABLE joined (joint, sensor, outage, "
                     "PRIMARY KEY (sensor, outage)) WITHOUT ROWID; "
                     "CREATE INDEX joined_by_joint ON joined (joint); "
                     "CREATE TABLE joint_servers (joint, address, name, "
                     "PRIMARY KEY (joint, address)) WITHOUT ROWID",
                     NULL, NULL, NULL) != SQLITE_OK)
        return error_set(building->error, "%s: %s", gathered->path,
                         sqlite3_errmsg(gathered->handle));
    return 0;
}

/* Have the outage and the joint a server in common, by address or name? Where one of them knows
 * none, the zone has to do. */
#define SHARES                                                                                     \
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM joint_servers WHERE joint = :joint) "                  \
    "AND EXISTS (SELECT 1 FROM blamed b WHERE b.sensor = :sensor AND b.period = 0 "                \
    "AND b.outage = :outage) THEN EXISTS (SELECT 1 FROM blamed b JOIN joint_servers j "            \
    "ON j.joint = :joint AND (j.address = b.address OR j.name = b.name) "                          \
    "WHERE b.sensor = :sensor AND b.period = 0 AND b.outage = :outage) ELSE :zoned END"

static int shares_server(struct joining *joining, const struct candidate *candidate, int64_t joint,
                         bool *shares)
{
    struct rows *rows = &joining->shares;
    int status;

    rows_reset(rows);
    rows_set_integer(rows, ":sensor", candidate->sensor);
    rows_set_integer(rows, ":outage", candidate->outage);
    rows_set_integer(rows, ":joint", joint);
    rows_set_integer(rows, ":zoned", joining->zone != NULL);
    status = rows_next(rows, joining->building->error);
    *shares = status == 1 && rows_integer(rows, 0) != 0;
    return status < 0 ? -1 : 0;
}

static int run(struct joining *joining, struct rows *rows)
{
    return rows_next(rows, joining->building->error) < 0 ? -1 : 0;
}

/* The servers of a joint are its outages'. */
static int put_into(struct joining *joining, const struct candidate *candidate, int64_t joint)
{
    struct rows *const statements[] = {&joining->add, &joining->add_servers};

    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        rows_reset(statements[i]);
        rows_set_integer(statements[i], ":joint", joint);
        rows_set_integer(statements[i], ":sensor", candidate->sensor);
        rows_set_integer(statements[i], ":outage", candidate->outage);
        if (run(joining, statements[i]) < 0)
            return -1;
    }
    return 0;
}

/* The other's outages become the one's, and its servers. */
static int merge(struct joining *joining, struct open_joint *one, const struct open_joint *other)
{
    struct rows *const statements[] = {&joining->merge, &joining->merge_servers};

    if (other->last_ns > one->last_ns)
        one->last_ns = other->last_ns;
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        rows_reset(statements[i]);
        rows_set_integer(statements[i], ":joint", one->number);
        rows_set_integer(statements[i], ":other", other->number);
        if (run(joining, statements[i]) < 0)
            return -1;
    }
    return 0;
}

static int begin_joint(struct joining *joining, const struct candidate *candidate)
{
    if (joining->open_count == joining->open_capacity) {
        size_t capacity = joining->open_capacity == 0 ? 16 : 2 * joining->open_capacity;
        struct open_joint *grown = realloc(joining->open, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_set(joining->building->error, "out of memory");
        joining->open = grown;
        joining->open_capacity = capacity;
    }
    joining->open[joining->open_count++] =
        (struct open_joint){.number = ++joining->number, .last_ns = candidate->last_ns};
    return put_into(joining, candidate, joining->number);
}

/* Candidates come by cause and zone in the order in which they began, so that what was over before
 * this one began is over for those that follow. */
static int join_one(struct joining *joining, const struct candidate *candidate)
{
    size_t kept = 0, found = SIZE_MAX;

    for (size_t i = 0; i < joining->open_count; i++) {
        struct open_joint open = joining->open[i];
        bool shares;

        if (open.last_ns + OUTAGE_PAUSE_NS < candidate->first_ns)
            continue;
        if (shares_server(joining, candidate, open.number, &shares) < 0)
            return -1;
        if (shares && found != SIZE_MAX) {
            if (merge(joining, &joining->open[found], &open) < 0)
                return -1;
            continue;
        }
        if (shares)
            found = kept;
        joining->open[kept++] = open;
    }
    joining->open_count = kept;
    if (found == SIZE_MAX)
        return begin_joint(joining, candidate);
    if (candidate->last_ns > joining->open[found].last_ns)
        joining->open[found].last_ns = candidate->last_ns;
    return put_into(joining, candidate, joining->open[found].number);
}

/* Another cause or zone than before: nothing that is open can be joined. */
static int set_subject(struct joining *joining, const char *cause, const char *zone)
{
    bool same = strcmp(joining->cause, cause) == 0 && (joining->zone == NULL) == (zone == NULL) &&
                (zone == NULL || strcmp(joining->zone, zone) == 0);

    if (same)
        return 0;
    joining->open_count = 0;
    snprintf(joining->cause, sizeof(joining->cause), "%s", cause);
    free(joining->zone);
    joining->zone = zone != NULL ? strdup(zone) : NULL;
    if (zone != NULL && joining->zone == NULL)
        return error_set(joining->building->error, "out of memory");
    return 0;
}

static int take_one(struct joining *joining, struct rows *rows)
{
    struct candidate candidate = {.sensor = rows_integer(rows, 0),
                                  .outage = rows_integer(rows, 0),
                                  .first_ns = rows_time(rows, 0),
                                  .last_ns = rows_time(rows, 0)};
    const char *cause_text, *zone;
    enum cause cause = CAUSE_UNATTRIBUTED_NO_EVIDENCE;
    bool zoned = !rows_null(rows);

    zone = rows_text(rows);
    cause_text = rows_text(rows);
    if (cause_from_code(&cause, cause_text) < 0)
        rows->unreadable = true;
    if (set_subject(joining, cause_text, zoned ? zone : NULL) < 0)
        return -1;
    if (joining->building->day->sensor_count == 1 || !day_is_about_zone(cause))
        return begin_joint(joining, &candidate);
    return join_one(joining, &candidate);
}

static int join_all(struct joining *joining)
{
    struct building *building = joining->building;
    struct rows rows = day_ask(
        building, "SELECT p.sensor, identity, o.first_ns, o.last_ns, zone, cause FROM parts p "
                  "JOIN outages o ON o.sensor = p.sensor AND o.period = p.period "
                  "AND identity = outage WHERE p.period = 0 "
                  "ORDER BY cause, zone, o.first_ns, p.sensor, identity");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        if (take_one(joining, &rows) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return status;
}

int day_fill_joined(struct building *building)
{
    struct joining joining = {.building = building};
    int status = create(building);

    if (status < 0)
        return -1;
    joining.shares = rows_query(building->gathered, SHARES);
    joining.add =
        rows_query(building->gathered, "INSERT INTO joined VALUES (:joint, :sensor, :outage)");
    joining.add_servers =
        rows_query(building->gathered,
                   "INSERT OR IGNORE INTO joint_servers SELECT :joint, address, name FROM blamed "
                   "WHERE sensor = :sensor AND period = 0 AND outage = :outage");
    joining.merge =
        rows_query(building->gathered, "UPDATE joined SET joint = :joint WHERE joint = :other");
    joining.merge_servers =
        rows_query(building->gathered, "INSERT OR IGNORE INTO joint_servers SELECT :joint, "
                                       "address, name FROM joint_servers WHERE joint = :other");
    status = join_all(&joining);
    rows_end(&joining.shares);
    rows_end(&joining.add);
    rows_end(&joining.add_servers);
    rows_end(&joining.merge);
    rows_end(&joining.merge_servers);
    free(joining.open);
    free(joining.zone);
    return status;
}
