/* The time zone of days and of times for people: TZ of the process. */
#ifndef CLI_TIMEZONE_H
#define CLI_TIMEZONE_H

#include <stdbool.h>

/* Is there such a zone? An unknown one would silently be UTC. */
bool timezone_exists(const char *zone);
/* One that exists; NULL: UTC. 0 or -1. */
int timezone_set(const char *zone);

#endif
