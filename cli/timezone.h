/* The time zone of days and of times for people: TZ of the process. */
#ifndef CLI_TIMEZONE_H
#define CLI_TIMEZONE_H

/* NULL: UTC. -1: there is no such zone (an unknown one would silently be UTC). */
int timezone_set(const char *zone);

#endif
