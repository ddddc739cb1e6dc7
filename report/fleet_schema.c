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

int fleet_schema_check(struct clickhouse *clickhouse, char created[32], struct error *error)
{
    const char *answer = clickhouse_ask(clickhouse, check_sql, NULL, error);
    int version = 0;

    if (answer == NULL && !is_missing(error))
        return -1;
    if (answer != NULL && sscanf(answer, "%d\t%31[^\n]", &version, created) != 2)
        return error_set(error, "%s: answers as no ClickHouse does", clickhouse_name(clickhouse));
    if (version == 0) {
        error_set(error, "%s: has no tables of dnsblame: 'dnsblame ship --create' makes them",
                  clickhouse_name(clickhouse));
        return -2;
    }
    if (version != FLEET_SCHEMA_VERSION) {
        error_set(error,
                  "%s: its tables are of schema version %d, this program's are of version %d",
                  clickhouse_name(clickhouse), version, FLEET_SCHEMA_VERSION);
        return -2;
    }
    return 0;
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

int fleet_schema_create(struct clickhouse *clickhouse, const char *cluster, struct error *error)
{
    char created[32];
    int status, ttl;

    if (cluster != NULL && strchr(cluster, '\'') != NULL)
        return error_set(error, "'%s' is no name of a cluster", cluster);
    if (clickhouse_create_database(clickhouse, cluster, error) < 0)
        return -1;
    status = fleet_schema_check(clickhouse, created, error);
    if (status == 0)
        return 0; /* also where somebody has changed the retention */
    if (status == -1 || strstr(error->text, "schema version") != NULL)
        return -1;
    ttl = has_ttl(clickhouse, error);
    if (ttl < 0 ||
        apply(clickhouse, cluster != NULL ? &asset_cluster : &asset_schema, cluster, error) < 0)
        return -1;
    if (ttl == 0)
        return 0;
    return apply(clickhouse, cluster != NULL ? &asset_cluster_ttl : &asset_ttl, cluster, error);
}
