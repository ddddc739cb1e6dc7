#include "report/database.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/rows.h"
#include "store/schema.h"
#include "store/sketch_sql.h"

#define BUSY_WAIT_MS 10000

static const char *const part_texts[PART_COUNT] = {
#define X(id, sql) [PART_##id] = sql,
    DATABASE_PARTS(X)
#undef X
};

static int compare_sources(const void *left, const void *right)
{
    const struct database_source *a = left, *b = right;

    return (a->row > b->row) - (a->row < b->row);
}

const char *database_source_name(const void *sources, uint32_t source)
{
    const struct database *database = sources;
    const struct database_source key = {.row = source};
    const struct database_source *found =
        database->source_count == 0 ? NULL
                                    : bsearch(&key, database->sources, database->source_count,
                                              sizeof(key), compare_sources);

    return found != NULL ? found->name : NULL;
}

static void forget_sources(struct database *database)
{
    for (size_t i = 0; i < database->source_count; i++)
        free(database->sources[i].name);
    free(database->sources);
    database->sources = NULL;
    database->source_count = 0;
}

static int add_source(struct database *database, int64_t row, const char *name, struct error *error)
{
    size_t count = database->source_count;

    if ((count & (count - 1)) == 0) { /* full */
        struct database_source *grown =
            realloc(database->sources, (count == 0 ? 1 : 2 * count) * sizeof(*grown));

        if (grown == NULL)
            return error_set(error, "%s: out of memory", database->path);
        database->sources = grown;
    }
    database->sources[count] = (struct database_source){row, strdup(name)};
    if (database->sources[count].name == NULL)
        return error_set(error, "%s: out of memory", database->path);
    database->source_count++;
    return 0;
}

int database_load_sources(struct database *database, struct error *error)
{
    struct rows rows = rows_query(database, "SELECT id, name FROM sources ORDER BY id");
    int status;

    forget_sources(database);
    while ((status = rows_next(&rows, error)) == 1) {
        int64_t row = rows_integer(&rows, 0);

        if (add_source(database, row, rows_text(&rows), error) < 0) {
            status = -1;
            break;
        }
    }
    rows_end(&rows);
    return status;
}

/* The path as a URI of SQLite's, which is the way to say "immutable". NULL: out of memory. */
static char *immutable_uri(const char *path)
{
    static const char prefix[] = "file:", suffix[] = "?immutable=1";
    char *uri = malloc(sizeof(prefix) + 3 * strlen(path) + sizeof(suffix)), *at = uri;

    if (uri == NULL)
        return NULL;
    at = stpcpy(at, prefix);
    for (; *path != '\0'; path++) {
        if (strchr("?#%", *path) != NULL)
            at += sprintf(at, "%%%02x", (unsigned char)*path);
        else
            *at++ = *path;
    }
    strcpy(at, suffix);
    return uri;
}

static int open_as(struct database *database, const char *name, bool uri, struct error *error)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (uri ? SQLITE_OPEN_URI : 0);

    sqlite3_close(database->handle);
    if (sqlite3_open_v2(name, &database->handle, flags, NULL) != SQLITE_OK)
        return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    sqlite3_busy_timeout(database->handle, BUSY_WAIT_MS);
    return schema_check(database->handle, database->path, error);
}

/* Readers of a WAL database take part in its bookkeeping, which takes a folder that they can write
 * to. Where that fails and nobody is writing (there is no -wal file), the file alone is the whole
 * truth. */
static int open_handle(struct database *database, struct error *error)
{
    char *uri, wal[PATH_MAX];
    struct stat status;
    int result, code;

    if (stat(database->path, &status) < 0)
        return error_set(error, "%s: %s", database->path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return error_set(error, "%s: is a folder", database->path);
    result = open_as(database, database->path, false, error);
    snprintf(wal, sizeof(wal), "%s-wal", database->path);
    code = sqlite3_errcode(database->handle);
    if (result == 0 || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) ||
        access(wal, F_OK) == 0)
        return result;
    uri = immutable_uri(database->path);
    if (uri == NULL)
        return error_set(error, "%s: out of memory", database->path);
    result = open_as(database, uri, true, error);
    free(uri);
    return result;
}

static int begin(struct database *database, struct error *error)
{
    /* One transaction for all that is asked: the figures of a report agree with each other. */
    if (sqlite3_exec(database->handle, "PRAGMA temp_store = MEMORY; BEGIN", NULL, NULL, NULL) !=
        SQLITE_OK)
        return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    if (database_load_sources(database, error) < 0)
        return -1;
    for (int i = 0; i < PART_COUNT; i++)
        database->parts[i] = rows_query(database, part_texts[i]);
    return 0;
}

struct database *database_open(const char *path, struct error *error)
{
    struct database *database = calloc(1, sizeof(*database));

    if (database == NULL || (database->path = strdup(path)) == NULL) {
        error_set(error, "%s: out of memory", path);
        goto fail;
    }
    if (open_handle(database, error) < 0)
        goto fail;
    if (begin(database, error) < 0)
        goto fail;
    return database;
fail:
    database_close(database);
    return NULL;
}

/* What comes is what is asked for: only incidents are looked up. */
static int drop_indexes(struct database *database, struct error *error)
{
    struct rows rows = rows_query(database, "SELECT group_concat('DROP INDEX ' || name, ';') "
                                            "FROM sqlite_master WHERE type = 'index' "
                                            "AND sql IS NOT NULL AND tbl_name <> 'incidents'");
    int status = rows_next(&rows, error);
    char *sql = status == 1 ? strdup(rows_text(&rows)) : NULL;

    rows_end(&rows);
    if (status < 0)
        return -1;
    if (sql == NULL || sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        status = error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    free(sql);
    return status < 0 ? -1 : 0;
}

/* The parts of incidents come by themselves, and not within the evidence. */
static const char private_parts[] =
    "DROP VIEW incident_servers; DROP VIEW incident_contributing;"
    "CREATE TABLE incident_servers (incident REFERENCES incidents ON DELETE CASCADE, part, seq, "
    "address, name, outcome, PRIMARY KEY (incident, part, seq));"
    "CREATE TABLE incident_contributing (incident REFERENCES incidents ON DELETE CASCADE, part, "
    "cause, zone, PRIMARY KEY (incident, part))";

/* The empty name is a private database, in memory until it grows large. */
static int make_private(struct database *database, const char *sensor, struct error *error)
{
    struct rows rows;
    int status;

    if (sqlite3_open("", &database->handle) != SQLITE_OK ||
        sketch_add_functions(database->handle) != SQLITE_OK)
        return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    if (schema_migrate(database->handle, database->path, error) < 0 ||
        drop_indexes(database, error) < 0)
        return -1;
    if (sqlite3_exec(database->handle, private_parts, NULL, NULL, NULL) != SQLITE_OK)
        return error_set(error, "%s: %s", database->path, sqlite3_errmsg(database->handle));
    if (begin(database, error) < 0)
        return -1;
    rows = rows_query(database, "INSERT INTO runs (id, analyzer_version, sensor, finished) "
                                "VALUES (1, '', :sensor, 1)");
    rows_set_text(&rows, ":sensor", sensor);
    status = rows_next(&rows, error);
    rows_end(&rows);
    return status;
}

struct database *database_new(const char *server, const char *sensor, struct error *error)
{
    struct database *database = calloc(1, sizeof(*database));

    if (database == NULL || asprintf(&database->path, "%s, sensor %s", server, sensor) < 0) {
        error_set(error, "out of memory");
        free(database);
        return NULL;
    }
    if (make_private(database, sensor, error) == 0)
        return database;
    database_close(database);
    return NULL;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    rows_end(&database->incidents);
    for (int i = 0; i < PART_COUNT; i++)
        rows_end(&database->parts[i]);
    sqlite3_close(database->handle);
    forget_sources(database);
    free(database->path);
    free(database);
}

int database_is_of(struct database *database, char *const *sensors, size_t count,
                   struct error *error)
{
    struct rows rows = rows_query(database, "SELECT sensor FROM runs");
    int status;
    bool found = false;

    while (!found && (status = rows_next(&rows, error)) == 1) {
        const char *sensor = rows_text(&rows);

        for (size_t i = 0; i < count; i++)
            found = found || strcmp(sensors[i], sensor) == 0;
    }
    rows_end(&rows);
    return found ? 1 : status;
}

int database_shares_sensor(struct database *database, struct database *other, char sensor[256],
                           struct error *error)
{
    struct rows rows = rows_query(other, "SELECT DISTINCT sensor FROM runs ORDER BY sensor");
    int status = 0, shares = 0;

    while (shares == 0 && (status = rows_next(&rows, error)) == 1) {
        char *names[] = {sensor};

        rows_copy(&rows, sensor, 256);
        shares = database_is_of(database, names, 1, error);
    }
    rows_end(&rows);
    return status < 0 ? -1 : shares;
}
