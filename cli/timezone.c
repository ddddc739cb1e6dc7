#include "cli/timezone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

static int set(const char *value)
{
    if (setenv("TZ", value, 1) < 0)
        return -1;
    tzset();
    return 0;
}

int timezone_set(const char *zone)
{
    char path[256];

    if (zone == NULL || strcmp(zone, "UTC") == 0)
        return set("UTC0");
    if (zone[0] == '\0' || zone[0] == '/' || strstr(zone, "..") != NULL)
        return -1;
    if (snprintf(path, sizeof(path), "%s/%s", ZONE_FOLDER, zone) >= (int)sizeof(path) ||
        access(path, R_OK) < 0)
        return -1;
    return set(zone);
}
