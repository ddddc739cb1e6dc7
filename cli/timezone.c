#include "cli/timezone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* Compiled zones begin with this (RFC 9636, section 3.1); tables of zones lie beside them. */
static const char magic[] = {'T', 'Z', 'i', 'f'};

static bool is_compiled(const char *path)
{
    char begin[sizeof(magic)];
    FILE *file = fopen(path, "re");
    bool compiled = file != NULL && fread(begin, sizeof(begin), 1, file) == 1 &&
                    memcmp(begin, magic, sizeof(magic)) == 0;

    if (file != NULL)
        fclose(file);
    return compiled;
}

bool timezone_exists(const char *zone)
{
    char path[256];

    if (strcmp(zone, "UTC") == 0)
        return true;
    if (zone[0] == '/' || strstr(zone, "..") != NULL)
        return false;
    return snprintf(path, sizeof(path), "%s/%s", ZONE_FOLDER, zone) < (int)sizeof(path) &&
           is_compiled(path);
}

int timezone_set(const char *zone)
{
    const char *value = zone == NULL || strcmp(zone, "UTC") == 0 ? "UTC0" : zone;

    if (setenv("TZ", value, 1) < 0)
        return -1;
    tzset();
    return 0;
}
