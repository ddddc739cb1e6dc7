#include "report/fleet_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/assets/assets.h"
#include "report/shipped_tables.h"

/* Where MODIFY TTL began. */
#define TTL_MAJOR 19
#define TTL_MINOR 6

static const char check_sql[] = "SELECT max(version), toString(min(applied)) FROM dnsblame_schema "
                                "FORMAT TabSeparated";

/* What ClickHouse says of a database or a table that is not there. */
static bool is_missing(const struct error *error)
{
    return strstr(error->text, "Code: 60") != NULL || strstr(error->text, "Code: 81") != NULL;
}

/* 0: there are none. -1: the server cannot be asked. */
static int find_version(struct clickhouse *clickhouse, char created[32], struct error *error)
{
    const char *answer = clickhouse_ask(clickhouse, check_sql, NULL, error);
    int version = 0;

    if (answer == NULL)
        return is_missing(error) ? 0 : -1;
    if (sscanf(answer, "%d\t%31[^\n]", &version, created) != 2 || version < 0)
        return error_set(error, "%s: answers as no ClickHouse does", clickhouse_name(clickhouse));
    return version;
}

/* -1, with the text. */
static int refuse(const struct clickhouse *clickhouse, int version, struct error *error)
{
    return error_set(
        error, "%s: its tables are of schema version %d, this program's are of version %d%s",
        clickhouse_name(clickhouse), version, FLEET_SCHEMA_VERSION,
        version < FLEET_SCHEMA_VERSION ? ": 'dnsblame ship --create' brings them up to date" : "");
}

int fleet_schema_check(struct clickhouse *clickhouse, char created[32], struct error *error)
{
    int version = find_version(clickhouse, created, error);

    if (version < 0 || version == FLEET_SCHEMA_VERSION)
        return version < 0 ? -1 : 0;
    if (version > 0)
        refuse(clickhouse, version, error);
    else
        error_set(error, "%s: has no tables of dnsblame: 'dnsblame ship --create' makes them",
                  clickhouse_name(clickhouse));
    return -2;
}

/* The file with the names of cluster and database put in; to be freed. NULL: out of memory. */
static char *fill_in(const struct asset *asset, const char *cluster, const char *database)
{
    const struct {
        const char *mark, *text;
    } names[] = {{"{cluster}", cluster != NULL ? cluster : ""}, {"{database}", database}};
    char *filled = NULL;
    size_t size;
    FILE *stream = open_memstream(&filled, &size);

    if (stream == NULL)
        return NULL;
    for (size_t at = 0; at < asset->size_bytes;) {
        size_t i = 0, count = sizeof(names) / sizeof(names[0]);

        while (i < count && (asset->size_bytes - at < strlen(names[i].mark) ||
                             strncmp(asset->bytes + at, names[i].mark, strlen(names[i].mark)) != 0))
            i++;
        if (i < count)
            fputs(names[i].text, stream);
        else
            fputc(asset->bytes[at], stream);
        at += i < count ? strlen(names[i].mark) : 1;
    }
    if (fclose(stream) != 0) {
        free(filled);
        return NULL;
    }
    return filled;
}

/* A statement ends with a semicolon at the end of a line. */
static int apply(struct clickhouse *clickhouse, const struct asset *asset, const char *cluster,
                 struct error *error)
{
    char *filled = fill_in(asset, cluster, clickhouse_database(clickhouse)), *rest = filled, *end;
    int status = filled == NULL ? error_set(error, "out of memory") : 0;

    while (status == 0 && (end = strstr(rest, ";\n")) != NULL) {
        *end = '\0';
        status = clickhouse_run(clickhouse, rest, error);
        rest = end + 2;
    }
    free(filled);
    return status;
}

/* 1: it can, 0: it is older, -1. */
static int has_ttl(struct clickhouse *clickhouse, struct error *error)
{
    const char *answer = clickhouse_ask(clickhouse, "SELECT version()", NULL, error);
    int major, minor;

    if (answer == NULL)
        return -1;
    if (sscanf(answer, "%d.%d", &major, &minor) != 2)
        return error_set(error, "%s: answers as no ClickHouse does", clickhouse_name(clickhouse));
    return major > TTL_MAJOR || (major == TTL_MAJOR && minor >= TTL_MINOR);
}

static int apply_ttl(struct clickhouse *clickhouse, const char *cluster, struct error *error)
{
    int able = has_ttl(clickhouse, error);

    if (able <= 0)
        return able;
    return apply(clickhouse, cluster != NULL ? &asset_cluster_ttl : &asset_ttl, cluster, error);
}

/* Each step may be repeated, and the version comes last: whatever ends it before, it begins again.
 * Version 2 has one table more than version 1, and what somebody made of the retention stays. */
int fleet_schema_create(struct clickhouse *clickhouse, const char *cluster, struct error *error)
{
    char created[32];
    int version;

    if (cluster != NULL && strchr(cluster, '\'') != NULL)
        return error_set(error, "'%s' is no name of a cluster", cluster);
    if (clickhouse_create_database(clickhouse, cluster, error) < 0)
        return -1;
    version = find_version(clickhouse, created, error);
    if (version < 0 || version == FLEET_SCHEMA_VERSION)
        return version < 0 ? -1 : 0;
    if (version > FLEET_SCHEMA_VERSION)
        return refuse(clickhouse, version, error);
    if (apply(clickhouse, cluster != NULL ? &asset_cluster : &asset_schema, cluster, error) < 0 ||
        (version == 0 && apply_ttl(clickhouse, cluster, error) < 0))
        return -1;
    return apply(clickhouse, &asset_version, cluster, error);
}
