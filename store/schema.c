#include "store/schema.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "store/migrations.h"

static int failed(sqlite3 *database, const char *path, struct error *error)
{
    return error_set(error, "%s: %s", path, sqlite3_errmsg(database));
}

static int run(sqlite3 *database, const char *sql, const char *path, struct error *error)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return failed(database, path, error);
    return 0;
}

static int ask_integer(sqlite3 *database, const char *sql, int64_t *value, const char *path,
                       struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int result = -1;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *value = sqlite3_column_int64(statement, 0);
        result = 0;
    }
    if (result < 0 && sqlite3_errcode(database) == SQLITE_NOTADB)
        error_set(error, "%s: not a dnsblame database (no SQLite file at all)", path);
    else if (result < 0)
        failed(database, path, error);
    sqlite3_finalize(statement);
    return result;
}

/* What the file says it is. An empty database belongs to nobody yet. */
static int identify(sqlite3 *database, const char *path, int64_t *version, bool *empty,
                    struct error *error)
{
    int64_t application, tables;

    if (ask_integer(database, "PRAGMA application_id", &application, path, error) < 0 ||
        ask_integer(database, "PRAGMA user_version", version, path, error) < 0 ||
        ask_integer(database, "SELECT count(*) FROM sqlite_schema", &tables, path, error) < 0)
        return -1;
    *empty = application == 0 && *version == 0 && tables == 0;
    if (!*empty && application != SCHEMA_APPLICATION_ID)
        return error_set(error, "%s: not a dnsblame database (of another program)", path);
    if (*version < 0)
        return error_set(error, "%s: schema version %" PRId64 ": there is none such", path,
                         *version);
    if (*version > MIGRATIONS)
        return error_set(error,
                         "%s: written by a newer dnsblame: schema version %" PRId64
                         ", this one knows versions up to %d",
                         path, *version, MIGRATIONS);
    return 0;
}

/* From one version to the next, or from nothing to the newest. Somebody else may be migrating at
 * this moment: only inside the transaction is the version certain. */
static int take_step(sqlite3 *database, const char *path, bool *done, struct error *error)
{
    int64_t version;
    char pragmas[96];

    if (run(database, "BEGIN IMMEDIATE", path, error) < 0)
        return -1;
    if (ask_integer(database, "PRAGMA user_version", &version, path, error) < 0)
        goto undo;
    *done = version >= MIGRATIONS;
    if (!*done) {
        const char *sql = version == 0 ? newest_schema : migrations[version];

        snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 SCHEMA_APPLICATION_ID, version == 0 ? MIGRATIONS : (int)version + 1);
        if (run(database, sql, path, error) < 0 || run(database, pragmas, path, error) < 0)
            goto undo;
    }
    if (run(database, "COMMIT", path, error) == 0)
        return 0;
undo:
    sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int schema_migrate(sqlite3 *database, const char *path, struct error *error)
{
    int64_t version;
    bool empty, done = false;

    if (identify(database, path, &version, &empty, error) < 0)
        return -1;
    /* Retention gives pages back later; that can only be chosen before the first table. */
    if (empty && run(database, "PRAGMA auto_vacuum = INCREMENTAL", path, error) < 0)
        return -1;
    if (run(database, "PRAGMA journal_mode = WAL", path, error) < 0)
        return -1;
    while (!done) {
        if (take_step(database, path, &done, error) < 0)
            return -1;
    }
    return 0;
}

int schema_check(sqlite3 *database, const char *path, struct error *error)
{
    int64_t version;
    bool empty;

    if (identify(database, path, &version, &empty, error) < 0)
        return -1;
    if (empty)
        return error_set(error, "%s: not a dnsblame database (it is empty)", path);
    if (version < MIGRATIONS)
        return error_set(error,
                         "%s: schema version %" PRId64
                         " is older than this program's %d: the next dnsblame read or watch that "
                         "stores into it brings it up to date",
                         path, version, MIGRATIONS);
    return 0;
}
